#include "token/device.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

// A token waits some 30 s for a touch by itself; this ends one that says nothing any more.
#define ANSWER_MS 60000

static void free_infos(fido_dev_info_t **infos)
{
    fido_dev_info_free(infos, TOKEN_DEVICES_MAX);
}

// What a device calls itself goes to a terminal: nothing in it may steer one.
static void keep_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static void add(struct scrim_token_paths *paths, const char *path, const char *maker,
                const char *product)
{
    const size_t at = paths->count;
    if (snprintf(paths->paths[at], sizeof paths->paths[at], "%s", path) >=
        (int)sizeof paths->paths[at])
        return; // longer than any device node
    if (product && *product)
        snprintf(paths->names[at], sizeof paths->names[at], "%.40s%s%.40s (%.60s)",
                 maker ? maker : "", maker && *maker ? " " : "", product, path);
    else
        snprintf(paths->names[at], sizeof paths->names[at], "%s", path);
    keep_printable(paths->names[at]);
    paths->count++;
}

static int find_plugged_in(struct scrim_token_paths *ret, struct scrim_error *error)
{
    size_t found = 0;
    SCRIM_AUTO(free_infos) fido_dev_info_t *infos = fido_dev_info_new(TOKEN_DEVICES_MAX);
    if (!infos || fido_dev_info_manifest(infos, TOKEN_DEVICES_MAX, &found) != FIDO_OK)
        return scrim_fail(error, SCRIM_EIO, "cannot list the security tokens of this machine");
    for (size_t i = 0; i < found; i++) {
        const fido_dev_info_t *info = fido_dev_info_ptr(infos, i);
        add(ret, fido_dev_info_path(info), fido_dev_info_manufacturer_string(info),
            fido_dev_info_product_string(info));
    }
    return ret->count > 0
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ENOENT,
                            "no security token is plugged in, or you may not use it: plug it in, "
                            "or name it with --device");
}

int scrim_token_find(const struct scrim_token_use *use, struct scrim_token_paths *ret,
                     struct scrim_error *error)
{
    fido_init(FIDO_DISABLE_U2F_FALLBACK);
    ret->count = 0;
    if (use->devices_count == 0)
        return find_plugged_in(ret, error);
    for (size_t i = 0; i < use->devices_count; i++) {
        if (ret->count == TOKEN_DEVICES_MAX)
            return scrim_fail(error, SCRIM_EINVAL, "more than %d devices", TOKEN_DEVICES_MAX);
        add(ret, use->devices[i], NULL, NULL);
        if (ret->count == i)
            return scrim_fail(error, SCRIM_EINVAL, "%s is no device", use->devices[i]);
    }
    return SCRIM_OK;
}

static void free_capabilities(fido_cbor_info_t **info)
{
    fido_cbor_info_free(info);
}

static int check_capabilities(struct scrim_token_device *device, struct scrim_error *error)
{
    SCRIM_AUTO(free_capabilities) fido_cbor_info_t *info = fido_cbor_info_new();
    if (!info)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security token");
    const int code = fido_dev_get_cbor_info(device->handle, info);
    if (code != FIDO_OK)
        return scrim_token_fail(device, code, error);
    char **names = fido_cbor_info_extensions_ptr(info);
    for (size_t i = 0; i < fido_cbor_info_extensions_len(info); i++)
        if (strcmp(names[i], "hmac-secret") == 0)
            return SCRIM_OK;
    return scrim_fail(error, SCRIM_EUNSUPPORTED, "%s cannot protect a share: it has no hmac-secret",
                      device->name);
}

int scrim_token_open(const char *path, const char *name, struct scrim_token_device *ret,
                     struct scrim_error *error)
{
    *ret = (struct scrim_token_device){.handle = fido_dev_new()};
    snprintf(ret->name, sizeof ret->name, "%s", name);
    if (!ret->handle || fido_dev_set_timeout(ret->handle, ANSWER_MS) != FIDO_OK)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security token");
    if (fido_dev_open(ret->handle, path) != FIDO_OK)
        return scrim_fail(error, SCRIM_ENOENT,
                          "%s does not answer as a security token: is it plugged in, and may you "
                          "use it?",
                          name);
    if (!fido_dev_is_fido2(ret->handle))
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s cannot protect a share: it is older than FIDO2", name);
    const int result = check_capabilities(ret, error);
    if (result < 0)
        return result;
    ret->has_pin = fido_dev_has_pin(ret->handle);
    ret->has_uv = fido_dev_has_uv(ret->handle);
    return SCRIM_OK;
}

void scrim_token_close(struct scrim_token_device *device)
{
    if (device->handle)
        fido_dev_close(device->handle);
    fido_dev_free(&device->handle);
}

static int wrong_pin(const struct scrim_token_device *device, struct scrim_error *error)
{
    int left;
    if (fido_dev_get_retry_count(device->handle, &left) != FIDO_OK)
        return scrim_fail(error, SCRIM_EAUTH, "%s: wrong PIN", device->name);
    return scrim_fail(error, SCRIM_EAUTH, "%s: wrong PIN; %d %s left before it blocks itself",
                      device->name, left, left == 1 ? "try is" : "tries are");
}

int scrim_token_fail(const struct scrim_token_device *device, int code, struct scrim_error *error)
{
    const char *name = device->name;
    switch (code) {
    case FIDO_ERR_PIN_INVALID: return wrong_pin(device, error);
    case FIDO_ERR_PIN_AUTH_BLOCKED:
        return scrim_fail(error, SCRIM_EAUTH,
                          "%s: too many wrong PINs in a row; pull it out, plug it in, try again",
                          name);
    case FIDO_ERR_PIN_BLOCKED:
        return scrim_fail(error, SCRIM_EAUTH,
                          "%s: its PIN is blocked for good, and a reset destroys what it holds: "
                          "use the other token or the paper copy of this share",
                          name);
    case FIDO_ERR_UV_BLOCKED:
    case FIDO_ERR_UV_INVALID:
        return scrim_fail(error, SCRIM_EAUTH, "%s did not recognise you", name);
    case FIDO_ERR_NO_CREDENTIALS:
    case FIDO_ERR_INVALID_CREDENTIAL:
        return scrim_fail(error, SCRIM_EAUTH, "%s is another token: it does not hold this share",
                          name);
    case FIDO_ERR_TIMEOUT:
    case FIDO_ERR_ACTION_TIMEOUT:
    case FIDO_ERR_USER_ACTION_TIMEOUT:
        return scrim_fail(error, SCRIM_ETIMEOUT, "%s: nobody touched it in time", name);
    case FIDO_ERR_OPERATION_DENIED:
    case FIDO_ERR_KEEPALIVE_CANCEL: return scrim_fail(error, SCRIM_ECANCEL, "%s: declined", name);
    case FIDO_ERR_TX:
    case FIDO_ERR_RX:
    case FIDO_ERR_INTERNAL: // what an exchange of keys with a token that went away comes to
        return scrim_fail(error, SCRIM_EIO, "%s was unplugged, or does not answer any more", name);
    default:
        return scrim_fail(error, SCRIM_EIO, "%s: %s (CTAP 0x%02x)", name, fido_strerr(code),
                          (unsigned)code & 0xff);
    }
}
