#include "oidc/web.h"

#include "base/alloc.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 4000L
#define TOTAL_MS 8000L

struct scrim_web {
    CURL *curl;
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
};

struct sink {
    struct scrim_buf *buf;
    bool full;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct sink *sink = context;
    sink->full = scrim_buf_append(sink->buf, bytes, size * count) < 0;
    return sink->full ? 0 : size * count;
}

// What is the same with each request; curl_easy_reset would forget it.
static bool configure(struct scrim_web *web, const struct scrim_buf *authorities)
{
    const struct curl_blob blob = {authorities->data, authorities->len, CURL_BLOB_COPY};
    CURL *curl = web->curl;
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, web->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, web->why) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
}

int scrim_web_create(const struct scrim_buf *authorities, struct scrim_web **ret,
                     struct scrim_error *error)
{
    struct scrim_web *web = scrim_new(struct scrim_web);
    const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    web->curl = started ? curl_easy_init() : NULL;
    web->headers = curl_slist_append(NULL, "Accept: application/json");
    if (!web->curl || !web->headers || !configure(web, authorities)) {
        scrim_web_destroy(web);
        return scrim_fail(error, SCRIM_EINTERNAL, "libcurl cannot be used here");
    }
    *ret = web;
    return SCRIM_OK;
}

void scrim_web_destroy(struct scrim_web *web)
{
    if (!web)
        return;
    curl_easy_cleanup(web->curl);
    curl_slist_free_all(web->headers);
    free(web);
    curl_global_cleanup();
}

static int perform(struct scrim_web *web, const char *url, int *ret_status, struct scrim_buf *ret,
                   struct scrim_error *error)
{
    struct sink sink = {ret, false};
    long status = 0;
    web->why[0] = '\0';
    curl_easy_setopt(web->curl, CURLOPT_URL, url);
    curl_easy_setopt(web->curl, CURLOPT_WRITEDATA, &sink);
    const CURLcode code = curl_easy_perform(web->curl);
    if (sink.full)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: the answer is longer than %zu bytes", url,
                          ret->max);
    if (code != CURLE_OK)
        return scrim_fail(error, SCRIM_ENETWORK, "%s: %s", url,
                          web->why[0] ? web->why : curl_easy_strerror(code));
    curl_easy_getinfo(web->curl, CURLINFO_RESPONSE_CODE, &status);
    *ret_status = (int)status;
    return SCRIM_OK;
}

int scrim_web_get(struct scrim_web *web, const char *url, struct scrim_buf *ret,
                  struct scrim_error *error)
{
    int status = 0;
    curl_easy_setopt(web->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(web->curl, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
    const int result = perform(web, url, &status, ret, error);
    if (result >= 0 && status != 200)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: answered with status %d", url, status);
    return result;
}

int scrim_web_post(struct scrim_web *web, const char *url, const char *form,
                   const struct scrim_web_login *login, int *ret_status, struct scrim_buf *ret,
                   struct scrim_error *error)
{
    curl_easy_setopt(web->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(form));
    curl_easy_setopt(web->curl, CURLOPT_COPYPOSTFIELDS, form);
    curl_easy_setopt(web->curl, CURLOPT_HTTPAUTH,
                     (long)(login->user ? CURLAUTH_BASIC : CURLAUTH_NONE));
    curl_easy_setopt(web->curl, CURLOPT_USERNAME, login->user);
    curl_easy_setopt(web->curl, CURLOPT_PASSWORD, login->password);
    const int result = perform(web, url, ret_status, ret, error);
    curl_easy_setopt(web->curl, CURLOPT_USERNAME, NULL);
    curl_easy_setopt(web->curl, CURLOPT_PASSWORD, NULL);
    return result;
}

int scrim_web_escape(const char *text, struct scrim_buf *ret)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    int result = SCRIM_OK;
    for (; *text && result >= 0; text++)
        result = strchr(plain, *text) ? scrim_buf_append(ret, text, 1)
                                      : scrim_buf_printf(ret, "%%%02X", (unsigned char)*text);
    return result;
}
