#include "auth.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void auth_new_nonce(char ret[33])
{
    uint8_t bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(ret, 33, bytes, sizeof bytes);
}

// The value of `name="…"` in a challenge or an answer to one; "" if it is not there or too long.
static void parameter(const char *header, const char *name, char *ret, size_t room)
{
    const size_t length = strlen(name);
    ret[0] = '\0';
    for (const char *at = header; (at = strstr(at, name)); at += length) {
        const bool begins = at == header || strchr(" ,", at[-1]);
        if (!begins || strncmp(at + length, "=\"", 2) != 0)
            continue;
        const char *value = at + length + 2;
        const size_t size = strcspn(value, "\"");
        if (value[size] == '"' && size < room)
            snprintf(ret, room, "%.*s", (int)size, value);
        return;
    }
}

static void md5_of(const char *a, const char *b, const char *c, char ret[33])
{
    char text[1024];
    uint8_t digest[16];
    unsigned size = 0;
    const int length = snprintf(text, sizeof text, c ? "%s:%s:%s" : "%s:%s", a, b, c);
    const size_t count = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    EVP_Digest(text, count, digest, &size, EVP_md5(), NULL);
    sodium_bin2hex(ret, 33, digest, sizeof digest);
}

bool auth_fits(const char *header, const char *method, const char *user, const char *password,
               const char *nonce)
{
    char given_user[64], given_nonce[64], uri[256], response[64];
    parameter(header, "username", given_user, sizeof given_user);
    parameter(header, "nonce", given_nonce, sizeof given_nonce);
    parameter(header, "uri", uri, sizeof uri);
    parameter(header, "response", response, sizeof response);
    char identity[33], request[33], wanted[33];
    md5_of(user, AUTH_REALM, password, identity);
    md5_of(method, uri, NULL, request);
    md5_of(identity, nonce, request, wanted);
    return strcmp(given_user, user) == 0 && strcmp(given_nonce, nonce) == 0 &&
           strcmp(response, wanted) == 0;
}

bool auth_is_stale(const char *header, const char *nonce)
{
    char given[64];
    parameter(header, "nonce", given, sizeof given);
    return given[0] && strcmp(given, nonce) != 0;
}
