#include "httpd/impl.h"

#include "test.h"

static void range(void)
{
    static const struct {
        const char *header;
        uint64_t size;
        enum scrim_range_result result;
        uint64_t first, last;
    } cases[] = {
        {NULL, 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes=0-3", 10, SCRIM_RANGE_PART, 0, 3},
        {"Bytes=3-", 10, SCRIM_RANGE_PART, 3, 9},
        {"bytes=-3", 10, SCRIM_RANGE_PART, 7, 9},
        {"bytes=-30", 10, SCRIM_RANGE_PART, 0, 9},
        {"bytes=9-99", 10, SCRIM_RANGE_PART, 9, 9},
        {"bytes=0-99999999999999999999999", 10, SCRIM_RANGE_PART, 0, 9},
        {"bytes=10-", 10, SCRIM_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 10, SCRIM_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-0", 0, SCRIM_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=99999999999999999999999-", 10, SCRIM_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes=-", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes=", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes=0-1,3-4", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes=0-1 ", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"bytes= 0-1", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"items=0-1", 10, SCRIM_RANGE_WHOLE, 0, 0},
        {"", 10, SCRIM_RANGE_WHOLE, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_range part = {0};
        CHECK_INT(scrim_range_parse(cases[i].header, cases[i].size, &part), cases[i].result);
        if (cases[i].result != SCRIM_RANGE_PART)
            continue;
        CHECK_INT(part.first, cases[i].first);
        CHECK_INT(part.last, cases[i].last);
    }
}

static void route(void)
{
    static const char pattern[] = "/api/{a}/x/{b}";
    static const struct {
        const char *path;
        bool matches;
    } cases[] = {
        {"/api/q/x/w", true},     {"/api/q/x/w/", false},   {"/api//x/w", false},
        {"/api/q/x", false},      {"/api/.q/x/w", false},   {"/api/q/x/..", false},
        {"/api/q/y/w", false},    {"/api/q%2f/x/w", false}, {"", false},
        {"/api/q/x/w.mp4", true}, {"/api/q/r/x/w", false},  {"/api/q/x/w w", false},
        {"/api/Q_-.9/x/w", true}, {"/API/q/x/w", false},
    };
    struct scrim_route_params params;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(scrim_route_match(pattern, cases[i].path, &params), cases[i].matches);
    CHECK(scrim_route_match(pattern, "/api/quay/x/w.mp4", &params));
    CHECK_INT(params.count, 2);
    CHECK_TEXT(params.values[0], "quay");
    CHECK_TEXT(params.values[1], "w.mp4");

    char path[128] = "/api/";
    memset(path + 5, 'q', SCRIM_ROUTE_PARAM_MAX);
    snprintf(path + 5 + SCRIM_ROUTE_PARAM_MAX, 16, "/x/w");
    CHECK(scrim_route_match(pattern, path, &params));
    snprintf(path + 5 + SCRIM_ROUTE_PARAM_MAX, 16, "q/x/w");
    CHECK(!scrim_route_match(pattern, path, &params));
}

static void cookie(void)
{
    static const struct {
        const char *header, *value; // NULL: none
    } cases[] = {
        {"s=abc", "abc"},
        {"a=b; s=abc", "abc"},
        {"a=b;s=abc;c=d", "abc"},
        {"; ; s=x", "x"},
        {"s=", ""},
        {"ss=abc", NULL},
        {"s", NULL},
        {"", NULL},
        {"s=12345678", NULL},
        {"s=1234567", "1234567"},
        {"S=abc", NULL},
        {"a=s=b", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[64] = "", value[8] = "";
        struct scrim_http_request request = {0};
        if (cases[i].header) {
            snprintf(header, sizeof header, "%s", cases[i].header);
            request.headers[SCRIM_HEADER_COOKIE] = header;
        }
        CHECK_INT(scrim_http_cookie(&request, "s", value, sizeof value), cases[i].value != NULL);
        if (cases[i].value)
            CHECK_TEXT(value, cases[i].value);
    }
}

static void origin(void)
{
    static const struct {
        char origin[64], host[32];
        bool same;
    } cases[] = {
        {"", "x:8443", true}, // none
        {"https://x:8443", "x:8443", true},
        {"https://X:8443", "x:8443", true},
        {"http://x:8443", "x:8443", false},
        {"https://x", "x:8443", false},
        {"https://x:8443.evil", "x:8443", false},
        {"https://evil", "x:8443", false},
        {"null", "null", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char from[64], host[32];
        struct scrim_http_request request = {0};
        memcpy(from, cases[i].origin, sizeof from);
        memcpy(host, cases[i].host, sizeof host);
        request.headers[SCRIM_HEADER_ORIGIN] = from[0] ? from : NULL;
        request.headers[SCRIM_HEADER_HOST] = host;
        CHECK_INT(scrim_http_same_origin(&request), cases[i].same);
    }
}

static void header_lines(void)
{
    struct scrim_http_request request = {0};
    scrim_buf_init(&request.extra, EXTRA_HEADERS_MAX);
    CHECK_INT(scrim_http_add_header(&request, "A", "b"), SCRIM_OK);
    CHECK_INT(scrim_http_add_header(&request, "A", "b\r\nSet-Cookie: c"), SCRIM_EINVAL);
    CHECK_INT(scrim_http_add_header(&request, "A", "\x7f"), SCRIM_EINVAL);
    CHECK_INT(request.extra.len, strlen("A: b\r\n"));
    scrim_buf_finish(&request.extra);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"Range", range},
                                    {"paths and patterns", route},
                                    {"cookies", cookie},
                                    {"origins", origin},
                                    {"no header is split", header_lines},
                                    {0}});
}
