#include "desk/openapi.h"

#include "people/role.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 96

struct writer {
    json_t *document, *schemas, *parameters, *paths;
    struct scrim_error *error;
};

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:s+++}", "$ref", "#/components/", kind, "/", name);
}

// "get_cameras_camera_areas" for GET /api/v1/cameras/{camera}/areas.
static void operation_id(const struct scrim_http_route *route, char ret[NAME_MAX_BYTES])
{
    static const char common[] = "/api/v1";
    const char *path = route->pattern;
    size_t used = 0;
    if (strncmp(path, common, sizeof common - 1) == 0)
        path += sizeof common - 1;
    for (const char *c = scrim_http_method_text(route->method); *c && used < NAME_MAX_BYTES - 1;
         c++)
        ret[used++] = (char)tolower((unsigned char)*c);
    for (const char *c = path; *c && used < NAME_MAX_BYTES - 1; c++) {
        if (isalnum((unsigned char)*c))
            ret[used++] = *c;
        else if (*c == '/' || *c == '.')
            ret[used++] = '_';
    }
    ret[used] = '\0';
}

// Each "{name}" of the pattern; what one may hold is said in httpd/route.h.
static json_t *path_parameters(const char *pattern)
{
    json_t *list = json_array();
    for (const char *open = strchr(pattern, '{'); open; open = strchr(open + 1, '{')) {
        const size_t length = strcspn(open + 1, "}");
        json_array_append_new(list,
                              json_pack("{s:s%,s:s,s:b,s:{s:s,s:s}}", "name", open + 1, length,
                                        "in", "path", "required", 1, "schema", "type", "string",
                                        "pattern", "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}$"));
    }
    return list;
}

static int add_query(const struct writer *writer, const struct scrim_http_route *route,
                     json_t *parameters)
{
    const char *at = route->query ? route->query : "";
    while (*at) {
        char name[NAME_MAX_BYTES];
        const size_t length = strcspn(at, " ");
        if (length == 0 || length >= sizeof name)
            return scrim_fail(writer->error, SCRIM_EFORMAT, "%s: its query reads '%s'",
                              route->pattern, route->query);
        memcpy(name, at, length);
        name[length] = '\0';
        if (!json_object_get(writer->parameters, name))
            return scrim_fail(writer->error, SCRIM_EFORMAT, "%s: no parameter is called %s",
                              route->pattern, name);
        json_array_append_new(parameters, reference("parameters", name));
        at += length + (at[length] == ' ');
    }
    return SCRIM_OK;
}

// {"application/json":{"schema":{"$ref":…}}}; NULL if there is no such schema.
static json_t *json_content(const struct writer *writer, const struct scrim_http_route *route,
                            const char *schema)
{
    if (json_object_get(writer->schemas, schema))
        return json_pack("{s:{s:o}}", "application/json", "schema", reference("schemas", schema));
    scrim_fail(writer->error, SCRIM_EFORMAT, "%s: no schema is called %s", route->pattern, schema);
    return NULL;
}

static int add_answers(const struct writer *writer, const struct scrim_http_route *route,
                       json_t *operation)
{
    json_t *good = json_pack("{s:s}", "description",
                             route->endpoint ? "It becomes a WebSocket." : "Done as asked.");
    json_t *bad = json_pack("{s:s,s:o}", "description", "Refused, with a sentence that says why.",
                            "content", json_content(writer, route, "Problem"));
    json_object_set_new(
        operation, "responses",
        json_pack("{s:o,s:o}", route->endpoint ? "101" : "2XX", good, "default", bad));
    if (!route->answer)
        return SCRIM_OK;
    json_t *content = json_content(writer, route, route->answer);
    return content && json_object_set_new(good, "content", content) == 0 ? SCRIM_OK : SCRIM_EFORMAT;
}

static int add_body(const struct writer *writer, const struct scrim_http_route *route,
                    json_t *operation)
{
    if (!route->body)
        return SCRIM_OK;
    json_t *content = json_content(writer, route, route->body);
    if (!content)
        return SCRIM_EFORMAT;
    json_object_set_new(operation, "requestBody",
                        json_pack("{s:b,s:o}", "required", 1, "content", content));
    return SCRIM_OK;
}

static void add_security(const struct scrim_http_route *route, json_t *operation)
{
    const bool changes = route->method != SCRIM_HTTP_GET;
    json_t *ways = json_array();
    if (route->right != SCRIM_RIGHT_NONE) {
        json_t *session = json_pack("{s:[]}", "session");
        if (changes)
            json_object_set_new(session, "csrf", json_array());
        json_array_append_new(ways, session);
        json_array_append_new(ways, json_pack("{s:[]}", "token"));
    }
    json_object_set_new(operation, "security", ways);
}

static int add_route(const struct writer *writer, const struct scrim_http_route *route)
{
    char id[NAME_MAX_BYTES];
    operation_id(route, id);
    json_t *parameters = path_parameters(route->pattern);
    json_t *operation =
        json_pack("{s:s,s:s,s:s,s:o}", "operationId", id, "summary", route->about, "x-right",
                  scrim_right_text((enum scrim_right)route->right), "parameters", parameters);
    json_t *path = json_object_get(writer->paths, route->pattern);
    if (!path) {
        path = json_object();
        json_object_set_new(writer->paths, route->pattern, path);
    }
    char method[16];
    const size_t length = strcspn(id, "_");
    memcpy(method, id, length);
    method[length] = '\0';
    json_object_set_new(path, method, operation);
    add_security(route, operation);
    int result = add_query(writer, route, parameters);
    if (result >= 0)
        result = add_body(writer, route, operation);
    return result < 0 ? result : add_answers(writer, route, operation);
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s,s:s,s:s},s:{s:s,s:s,s:s},s:{s:s,s:s}}", "session", "type", "apiKey",
                     "in", "cookie", "name", "__Host-scrim", "csrf", "type", "apiKey", "in",
                     "header", "name", "X-CSRF", "token", "type", "http", "scheme", "bearer");
}

static bool begin(struct writer *writer)
{
    json_t *components = json_loads(scrim_openapi_components, JSON_REJECT_DUPLICATES, NULL);
    writer->paths = json_object();
    writer->schemas = json_object_get(components, "schemas");
    writer->parameters = json_object_get(components, "parameters");
    json_object_set_new(components, "securitySchemes", security_schemes());
    writer->document = json_pack(
        "{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:[{s:s}],s:o,s:o}", "openapi", "3.1.0", "info", "title",
        "Scrim's desk", "version", SCRIM_VERSION, "description",
        "Every picture that it gives is redacted. docs/ref/api.md says the same in prose.",
        "license", "name", "GPL-3.0-or-later", "identifier", "GPL-3.0-or-later", "servers", "url",
        "/", "paths", writer->paths, "components", components);
    return writer->document && writer->schemas && writer->parameters;
}

int scrim_openapi_write(const struct scrim_http_route *routes, size_t count, struct scrim_buf *ret,
                        struct scrim_error *error)
{
    struct writer writer = {.error = error};
    int result =
        begin(&writer) ? SCRIM_OK : scrim_fail(error, SCRIM_EFORMAT, "the schemas cannot be read");
    for (size_t i = 0; i < count && result >= 0; i++)
        result = add_route(&writer, &routes[i]);
    char *text = result >= 0 ? json_dumps(writer.document, JSON_COMPACT) : NULL;
    if (result >= 0)
        result = text ? scrim_buf_append_text(ret, text)
                      : scrim_fail(error, SCRIM_ENOMEM, "there is no memory for the description");
    free(text);
    json_decref(writer.document);
    return result;
}
