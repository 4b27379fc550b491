/* tls_test.c: whom we believe. A server with a certificate of our own making, good or bad. */
#include "fetch/inside.h"
#include "scene.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls_server {
    int listener, port;
    SSL_CTX *tls;
    char pem[4096];
    pthread_t thread;
    size_t requests; /* read after the thread has ended */
};

static X509 *make_certificate(EVP_PKEY *key, const char *address, long days)
{
    X509 *cert = X509_new();
    char san[64];
    X509V3_CTX v3;

    snprintf(san, sizeof san, "IP:%s", address);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
    X509_gmtime_adj(X509_getm_notBefore(cert), -10L * 86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), days * 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"vendor", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509V3_set_ctx(&v3, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *name = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, san);
    X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, &v3, NID_basic_constraints, "CA:TRUE");
    check(name && basic && X509_add_ext(cert, name, -1) && X509_add_ext(cert, basic, -1));
    X509_EXTENSION_free(name);
    X509_EXTENSION_free(basic);
    check(X509_sign(cert, key, EVP_sha256()));
    return cert;
}

static void *serve(void *self)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    struct tls_server *s = self;
    char request[4096];
    sigset_t pipe_only;
    int fd;

    sigemptyset(&pipe_only); /* a client that refuses us closes while we write */
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);

    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        SSL *tls = SSL_new(s->tls);
        SSL_set_fd(tls, fd);
        if (SSL_accept(tls) == 1 && SSL_read(tls, request, sizeof request) > 0) {
            s->requests++;
            SSL_write(tls, reply, sizeof reply - 1);
            SSL_shutdown(tls);
        }
        SSL_free(tls);
        close(fd);
    }
    ERR_clear_error();
    return NULL;
}

static void server_start(struct tls_server *s, const char *address, long days)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_certificate(key, address, days);
    BIO *text = BIO_new(BIO_s_mem());

    *s = (struct tls_server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    check(!bind(s->listener, (struct sockaddr *)&at, n) && !listen(s->listener, 8));
    check(!getsockname(s->listener, (struct sockaddr *)&at, &n));
    s->port = ntohs(at.sin_port);
    s->tls = SSL_CTX_new(TLS_server_method());
    check(SSL_CTX_use_certificate(s->tls, cert) == 1 && SSL_CTX_use_PrivateKey(s->tls, key) == 1);
    check(PEM_write_bio_X509(text, cert));
    check(BIO_read(text, s->pem, sizeof s->pem - 1) > 0);
    BIO_free(text);
    X509_free(cert);
    EVP_PKEY_free(key);
    check(!pthread_create(&s->thread, NULL, serve, s));
}

static void server_stop(struct tls_server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    SSL_CTX_free(s->tls);
}

/* One call to a server whose certificate names address and ends in so many days. */
static enum err call_tls(struct ctx *cx, const char *address, long days, bool is_trusted,
                         struct reply *r, size_t *requests)
{
    struct tls_server server;
    struct scene s;

    server_start(&server, address, days);
    scene_start(cx, &s);
    if (is_trusted) { /* as on a system without certificates of its own */
        s.fetcher->ca_file = NULL;
        s.fetcher->ca_bundle = str_of(server.pem);
    }
    s.up.base_url = str_z(cx->arena, arena_fmt(cx->arena, "https://127.0.0.1:%d", server.port));
    enum err err = get(cx, &s, r);
    scene_end(&s);
    server_stop(&server);
    *requests = server.requests;
    return err;
}

TEST(a_certificate_that_the_bundle_vouches_for_is_believed)
{
    struct reply r;
    size_t requests;

    check_ok(call_tls(cx, "127.0.0.1", 10, true, &r, &requests));
    check_str(S("secret"), r.body);
    check_int(1, requests);
}

TEST(a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent)
{
    struct reply r;
    size_t requests;

    check_err(call_tls(cx, "127.0.0.1", 10, false, &r, &requests), ERR_UPSTREAM);
    check_int(0, requests);
    check_int(0, r.status);
    check_int(1, r.tries);
}

TEST(a_certificate_for_another_host_is_refused)
{
    struct reply r;
    size_t requests;

    check_err(call_tls(cx, "127.0.0.9", 10, true, &r, &requests), ERR_UPSTREAM);
    check_int(0, requests);
}

TEST(an_expired_certificate_is_refused)
{
    struct reply r;
    size_t requests;

    check_err(call_tls(cx, "127.0.0.1", -1, true, &r, &requests), ERR_UPSTREAM);
    check_int(0, requests);
}
