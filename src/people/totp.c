#include "people/totp.h"

#include "base/clock.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#define CODES 1000000U // 10 to the power of SCRIM_TOTP_DIGITS
#define DRIFT 1        // steps, each way (RFC 6238, 5.2)

int scrim_hotp(const uint8_t *secret, size_t secret_length, uint64_t counter, uint32_t *ret)
{
    uint8_t message[8], mac[20];
    unsigned length = 0;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(counter >> (56 - 8 * i));
    if (secret_length > 64 ||
        !HMAC(EVP_sha1(), secret, (int)secret_length, message, sizeof message, mac, &length) ||
        length != sizeof mac)
        return SCRIM_EINTERNAL;
    const size_t at = mac[19] & 0x0f; // dynamic truncation (RFC 4226, 5.3)
    const uint32_t word = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
                          (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    sodium_memzero(mac, sizeof mac);
    *ret = word % CODES;
    return SCRIM_OK;
}

bool scrim_totp_code_parse(const char *text, uint32_t *ret)
{
    uint32_t code = 0;
    size_t digits = 0;
    for (const char *at = text; *at; at++) {
        if (*at == ' ' && digits == SCRIM_TOTP_DIGITS / 2 && at[-1] != ' ')
            continue;
        if (*at < '0' || *at > '9' || digits == SCRIM_TOTP_DIGITS)
            return false;
        code = code * 10 + (uint32_t)(*at - '0');
        digits++;
    }
    *ret = code;
    return digits == SCRIM_TOTP_DIGITS;
}

bool scrim_totp_fits(const uint8_t secret[SCRIM_TOTP_SECRET], uint32_t code, int64_t utc_us,
                     int64_t last_step, int64_t *ret_step)
{
    const int64_t now = utc_us / (SCRIM_TOTP_STEP_S * SCRIM_SECOND);
    bool fits = false;
    for (int64_t step = now - DRIFT; step <= now + DRIFT; step++) {
        uint32_t right;
        if (step <= last_step || step < 0 ||
            scrim_hotp(secret, SCRIM_TOTP_SECRET, (uint64_t)step, &right) < 0)
            continue;
        if (sodium_memcmp(&right, &code, sizeof right) == 0 && !fits) {
            fits = true;
            *ret_step = step;
        }
        sodium_memzero(&right, sizeof right);
    }
    return fits;
}

void scrim_totp_secret_text(const uint8_t secret[SCRIM_TOTP_SECRET],
                            char ret[SCRIM_TOTP_SECRET_TEXT])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < SCRIM_TOTP_SECRET / 5; i++) { // 20 bytes are four groups of eight
        uint64_t group = 0;
        for (size_t k = 0; k < 5; k++)
            group = group << 8 | secret[5 * i + k];
        for (size_t k = 0; k < 8; k++)
            ret[8 * i + k] = letters[group >> (35 - 5 * k) & 31];
    }
    ret[SCRIM_TOTP_SECRET_TEXT - 1] = '\0';
}

// Percent-encoding of all but RFC 3986's unreserved characters.
static int append_escaped(struct scrim_buf *ret, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    int result = SCRIM_OK;
    for (; *text && result >= 0; text++)
        result = strchr(plain, *text) ? scrim_buf_append(ret, text, 1)
                                      : scrim_buf_printf(ret, "%%%02X", (unsigned char)*text);
    return result;
}

int scrim_totp_uri(const char *site, const char *user, const uint8_t secret[SCRIM_TOTP_SECRET],
                   struct scrim_buf *ret)
{
    char text[SCRIM_TOTP_SECRET_TEXT];
    scrim_totp_secret_text(secret, text);
    int result = scrim_buf_append_text(ret, "otpauth://totp/");
    if (result >= 0)
        result = append_escaped(ret, site);
    if (result >= 0)
        result = scrim_buf_append_text(ret, ":");
    if (result >= 0)
        result = append_escaped(ret, user);
    if (result >= 0)
        result = scrim_buf_printf(ret, "?secret=%s&issuer=", text);
    if (result >= 0)
        result = append_escaped(ret, site);
    sodium_memzero(text, sizeof text);
    return result;
}
