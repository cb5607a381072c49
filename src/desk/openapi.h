// The description of the HTTP API as OpenAPI 3.1, made from the table of routes and the schemas in
// src/desk/schemas: a route that is not in it does not exist, and one that exists is in it.
// Specification: https://spec.openapis.org/oas/v3.1.0
#pragma once

#include "base/buf.h"
#include "httpd/httpd.h"

// {"schemas":{…},"parameters":{…}}, from src/desk/schemas/*.json (tools/schemas.py).
extern const char scrim_openapi_components[];

// The document as JSON text into `ret` (initialised by the caller). SCRIM_EFORMAT if a route names
// a schema or a parameter that there is not, and says which.
SCRIM_MUST_CHECK int scrim_openapi_write(const struct scrim_http_route *routes, size_t count,
                                         struct scrim_buf *ret, struct scrim_error *error);
