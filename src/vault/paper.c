#include "vault/paper.h"

#include "age/bech32.h"

#include <sodium.h>
#include <string.h>

#define PREFIX "SCRIM-SHARE-"
#define VERSION 1
#define DATA_BYTES (1 + SCRIM_PAPER_VAULT + 2 + 1 + 32)

_Static_assert(SCRIM_PAPER_TEXT == SCRIM_BECH32_TEXT(sizeof PREFIX - 1, DATA_BYTES), "its length");

int scrim_paper_write(const struct scrim_vault *vault, const struct scrim_share *share,
                      char ret[SCRIM_PAPER_TEXT], struct scrim_error *error)
{
    int result = scrim_share_check(vault, share, error);
    if (result < 0)
        return result;
    if (vault->dealing > UINT16_MAX)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "dealing %u is beyond what paper can say",
                          vault->dealing);
    uint8_t data[DATA_BYTES] = {VERSION};
    memcpy(data + 1, vault->id, SCRIM_PAPER_VAULT);
    data[1 + SCRIM_PAPER_VAULT] = (uint8_t)(vault->dealing >> 8);
    data[2 + SCRIM_PAPER_VAULT] = (uint8_t)vault->dealing;
    data[3 + SCRIM_PAPER_VAULT] = (uint8_t)share->index;
    memcpy(data + 4 + SCRIM_PAPER_VAULT, share->secret, sizeof share->secret);
    result = scrim_bech32_encode(PREFIX, data, sizeof data, ret, SCRIM_PAPER_TEXT);
    sodium_memzero(data, sizeof data);
    return result < 0 ? scrim_fail(error, result, "the share cannot be written as text") : result;
}

// Upper case, without white space. False if it is too long, or has a NUL in it.
static bool normalise(const char *text, size_t count, char ret[SCRIM_PAPER_TEXT])
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        const char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '\0' || length == SCRIM_PAPER_TEXT - 1)
            return false;
        ret[length++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    ret[length] = '\0';
    return true;
}

int scrim_paper_read(const void *text, size_t count, struct scrim_paper *ret,
                     struct scrim_error *error)
{
    char plain[SCRIM_PAPER_TEXT];
    uint8_t data[DATA_BYTES] = {0};
    int result = SCRIM_OK;
    if (!normalise(text, count, plain) || scrim_bech32_decode(plain, PREFIX, data, sizeof data) < 0)
        result = scrim_fail(error, SCRIM_EFORMAT,
                            "this is not what the page says: a character is wrong, missing or too "
                            "many (the checksum does not fit)");
    else if (data[0] != VERSION)
        result =
            scrim_fail(error, SCRIM_EUNSUPPORTED,
                       "this page is of version %u, which this program does not know", data[0]);
    if (result >= 0) {
        memcpy(ret->vault, data + 1, SCRIM_PAPER_VAULT);
        ret->dealing = (unsigned)data[1 + SCRIM_PAPER_VAULT] << 8 | data[2 + SCRIM_PAPER_VAULT];
        ret->index = data[3 + SCRIM_PAPER_VAULT];
        memcpy(ret->secret, data + 4 + SCRIM_PAPER_VAULT, sizeof ret->secret);
    }
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(data, sizeof data);
    return result;
}

bool scrim_paper_is_of(const struct scrim_paper *paper, const struct scrim_vault *vault)
{
    return memcmp(paper->vault, vault->id, sizeof paper->vault) == 0;
}

static int check_dealing(const struct scrim_paper *paper, const struct scrim_vault *vault,
                         struct scrim_error *error)
{
    if (!scrim_paper_is_of(paper, vault))
        return scrim_fail(error, SCRIM_EAUTH, "this page is of another vault");
    if (paper->dealing < vault->dealing)
        return scrim_fail(error, SCRIM_EAUTH,
                          "this page is of dealing %u; the shares were refreshed since (now %u), "
                          "and it is worth nothing",
                          paper->dealing, vault->dealing);
    if (paper->dealing > vault->dealing)
        return scrim_fail(error, SCRIM_EAUTH, "this page is of dealing %u, and here is dealing %u",
                          paper->dealing, vault->dealing);
    if (paper->index < 1 || paper->index > vault->holders_count)
        return scrim_fail(error, SCRIM_EAUTH, "this page is of holder %u, whom this vault has not",
                          paper->index);
    return SCRIM_OK;
}

int scrim_paper_share(const struct scrim_paper *paper, const struct scrim_vault *vault,
                      struct scrim_share *ret, struct scrim_error *error)
{
    int result = check_dealing(paper, vault, error);
    if (result < 0)
        return result;
    struct scrim_share share = {.index = paper->index};
    memcpy(share.vault_id, vault->id, sizeof share.vault_id);
    memcpy(share.secret, paper->secret, sizeof share.secret);
    memcpy(share.name, vault->names[paper->index - 1], sizeof share.name);
    result = scrim_share_check(vault, &share, error);
    if (result >= 0)
        *ret = share;
    scrim_share_wipe(&share);
    return result;
}
