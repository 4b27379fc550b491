/* faults.h: answers that go wrong on demand.
 * The one rule: the first fault in the queue whose match is a part of the request's path and query
 * is taken, and counts down. */
#pragma once
#include "http/http.h"

struct faults;
struct faults *faults_new(struct arena *a);
void faults_free(struct faults **f);
void faults_forget(struct faults *f);
/* {"match":"/insights","times":2,"kind":"account_limit"} or
 * {"match":"...","status":502,"mime":"text/html","headers":{...},"body":"<html>"}. Besides:
 * "delay_ms" waits first, "cut" breaks the connection after that many bytes of the body, "skip"
 * lets that many matching requests through before. Without status, kind and body the real answer
 * is given, late or cut or with other headers. ERR_INPUT for what cannot be understood. */
enum err faults_add(struct ctx *cx, struct faults *f, struct str json) MUST_USE;
/* What the queue holds: [{"kind","match","times"}]. */
void faults_write(struct faults *f, struct json_out *out);
/* Every upstream's handler is called through this: notes the request, and answers with a fault if
 * one waits for it. */
enum err faults_around(struct req *rq, struct resp *rs, handler_fn *handler) MUST_USE;
