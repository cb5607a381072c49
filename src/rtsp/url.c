#include "rtsp/url.h"

#include <string.h>

// The part of `url` behind the scheme, or one without address.
static struct scrim_text behind_scheme(struct scrim_text url, bool *ret_tls)
{
    static const char plain[] = "rtsp://", secure[] = "rtsps://";
    *ret_tls = scrim_text_starts(url, secure);
    if (!*ret_tls && !scrim_text_starts(url, plain))
        return (struct scrim_text){0};
    const size_t skip = *ret_tls ? sizeof secure - 1 : sizeof plain - 1;
    return (struct scrim_text){url.at + skip, url.length - skip};
}

bool scrim_rtsp_url_is_absolute(struct scrim_text url)
{
    bool tls;
    return behind_scheme(url, &tls).at != NULL;
}

// host [":" port] or "[" address "]" [":" port]. What is left of *text starts with the colon.
static bool take_host(struct scrim_text *text, struct scrim_text *ret)
{
    if (text->length > 0 && text->at[0] == '[') {
        const char *end = memchr(text->at, ']', text->length);
        if (!end)
            return false;
        *ret = (struct scrim_text){text->at + 1, (size_t)(end - text->at) - 1};
        text->length -= ret->length + 2;
        text->at = end + 1;
        return true;
    }
    const char *colon = text->length > 0 ? memchr(text->at, ':', text->length) : NULL;
    *ret = (struct scrim_text){text->at, colon ? (size_t)(colon - text->at) : text->length};
    text->at += ret->length;
    text->length -= ret->length;
    return true;
}

static bool read_port(struct scrim_text text, bool tls, uint16_t *ret)
{
    uint32_t port = tls ? SCRIM_RTSPS_PORT : SCRIM_RTSP_PORT;
    if (text.length > 1 || (text.length == 1 && text.at[0] != ':')) {
        const struct scrim_text digits = {text.at + 1, text.length - 1};
        if (text.at[0] != ':' || !scrim_text_number(digits, UINT16_MAX, &port) || port == 0)
            return false;
    }
    *ret = (uint16_t)port;
    return true;
}

int scrim_rtsp_url_parse(const char *url, struct scrim_rtsp_url *ret, struct scrim_error *error)
{
    char checked[SCRIM_RTSP_URL_MAX];
    struct scrim_rtsp_url parsed = {0};
    struct scrim_text host, authority = behind_scheme(scrim_text_of(url), &parsed.tls);
    if (!authority.at)
        return scrim_fail(error, SCRIM_EINVAL, "an address must start with rtsp:// or rtsps://");
    if (!scrim_text_copy(scrim_text_of(url), checked, sizeof checked))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the address is too long or holds a character that must be written as %%"
                          " and two digits");
    authority.length = strcspn(authority.at, "/?#");
    if (memchr(authority.at, '@', authority.length))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the address must not hold a user or password: use user and "
                          "password_file");
    if (!take_host(&authority, &host) || host.length == 0 ||
        !scrim_text_copy(host, parsed.host, sizeof parsed.host))
        return scrim_fail(error, SCRIM_EINVAL, "%s: the address names no host", url);
    if (!read_port(authority, parsed.tls, &parsed.port))
        return scrim_fail(error, SCRIM_EINVAL, "%s: the port must be 1 to 65535", url);
    *ret = parsed;
    return SCRIM_OK;
}

bool scrim_rtsp_url_resolve(const char *base, struct scrim_text control,
                            char ret[SCRIM_RTSP_URL_MAX])
{
    if (control.length == 0 || scrim_text_is(control, "*"))
        return scrim_text_copy(scrim_text_of(base), ret, SCRIM_RTSP_URL_MAX);
    if (scrim_rtsp_url_is_absolute(control))
        return scrim_text_copy(control, ret, SCRIM_RTSP_URL_MAX);

    char joined[SCRIM_RTSP_URL_MAX];
    struct scrim_text front = scrim_text_of(base);
    if (front.length > 0 && front.at[front.length - 1] == '*') // some name a base "rtsp://host/*"
        front.length--;
    if (!scrim_text_copy(front, joined, sizeof joined - 1))
        return false;
    const bool slash = front.length > 0 && joined[front.length - 1] == '/';
    if (!slash && control.at[0] != '/')
        joined[front.length++] = '/';
    else if (slash && control.at[0] == '/')
        front.length--;
    if (!scrim_text_copy(control, joined + front.length, sizeof joined - front.length))
        return false;
    memcpy(ret, joined, sizeof joined);
    return true;
}
