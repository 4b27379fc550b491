/* amo_faults.c: the faults of the CRM that have names: JSON, but a page where it is not its own
 * program that refuses. */
#include "sim/fault_kinds.h"

#define JSON "application/problem+json"
#define PROBLEM(status, title, detail)                                                             \
    "{\"title\":\"" title "\",\"type\":\"https://httpstatus.es/" status "\",\"status\":" status    \
    ",\"detail\":\"" detail "\"}"
#define PAGE(text) "<html><head><title>" text "</title></head><body>" text "</body></html>\n"

static const char wrong_field[] =
    "{\"validation-errors\":[{\"request_id\":\"0\",\"errors\":[{\"code\":\"NotSupportedChoice\","
    "\"path\":\"custom_fields_values.0.field_id\",\"detail\":\"The value you selected is not a "
    "valid choice.\"}]}],\"title\":\"Bad Request\",\"type\":\"https://httpstatus.es/400\","
    "\"status\":400,\"detail\":\"Request validation failed\"}";
static const char revoked[] =
    "{\"hint\":\"Token has been revoked\",\"title\":\"Unauthorized\",\"type\":"
    "\"https://httpstatus.es/401\",\"status\":401,\"detail\":\"The refresh token is invalid.\"}";

#define KIND(kind, code, type, body)                                                               \
    {                                                                                              \
        .name = kind, .status = code, .mime = type, .text = body                                   \
    }
const struct fault_kind amo_fault_kinds[] = {
    KIND("amo_400", 400, JSON, wrong_field),
    KIND("amo_401", 401, JSON, PROBLEM("401", "Unauthorized", "Invalid or expired token")),
    KIND("amo_402", 402, JSON, PROBLEM("402", "Payment Required", "Аккаунт не оплачен")),
    KIND("amo_403_block", 403, "text/html", PAGE("403 Forbidden")),
    KIND("amo_403_rights", 403, JSON, PROBLEM("403", "Forbidden", "Недостаточно прав")),
    KIND("amo_429", 429, "text/html", PAGE("429 Too Many Requests")),
    KIND("amo_504", 504, "text/html", PAGE("504 Gateway Time-out")),
    KIND("amo_html", 200, "text/html", PAGE("Технические работы")),
    KIND("amo_moved", 404, "text/html", PAGE("404 Not Found")),
    KIND("amo_refresh_revoked", 401, JSON, revoked),
};
const size_t amo_fault_nkinds = COUNT(amo_fault_kinds);
