// A whole age file from one descriptor to another, as `scrim open` does it. Works on pipes: nothing
// seeks.
#include "age/age.h"

#include "age/unwrap.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Input with what was read ahead while looking for the end of the header.
struct input {
    int fd;
    const char *name;
    uint8_t ahead[SCRIM_AGE_HEADER_MAX];
    size_t ahead_at, ahead_len;
};

// Reads until `count` bytes are there or the input ends; *ret_got is less than `count` only at the
// end.
static int read_fully(const struct input *in, uint8_t *to, size_t count, size_t *ret_got,
                      struct scrim_error *error)
{
    size_t got = 0;
    while (got < count) {
        const ssize_t now = read(in->fd, to + got, count - got);
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return scrim_fail_errno(error, errno, "%s", in->name);
        if (now == 0)
            break;
        got += (size_t)now;
    }
    *ret_got = got;
    return SCRIM_OK;
}

static int input_read(struct input *in, uint8_t *to, size_t count, size_t *ret_got,
                      struct scrim_error *error)
{
    const size_t ahead = in->ahead_len - in->ahead_at;
    const size_t from_ahead = ahead < count ? ahead : count;
    size_t rest = 0;
    memcpy(to, in->ahead + in->ahead_at, from_ahead);
    in->ahead_at += from_ahead;
    const int result = read_fully(in, to + from_ahead, count - from_ahead, &rest, error);
    *ret_got = from_ahead + rest;
    return result;
}

static int read_header(struct input *in, struct scrim_age_header *ret, struct scrim_error *error)
{
    int result = read_fully(in, in->ahead, sizeof in->ahead, &in->ahead_len, error);
    if (result < 0)
        return result;
    result = scrim_age_header_parse(in->ahead, in->ahead_len, ret, error);
    if (result == SCRIM_EAGAIN) // there is no more
        result = scrim_fail(error, SCRIM_EFORMAT, "age header: the file ends inside it");
    if (result >= 0)
        in->ahead_at = ret->length;
    else
        scrim_fail_prefix(error, "%s", in->name);
    return result;
}

// One chunk that was read. A full-sized one may be the last or not: only its seal tells.
static int open_either(const uint8_t key[32], uint64_t index, const uint8_t *sealed, size_t count,
                       uint8_t *plain, bool *ret_last)
{
    *ret_last = count < SCRIM_AGE_SEALED_CHUNK;
    int result = scrim_age_open_chunk(key, index, *ret_last, sealed, count, plain);
    if (result == SCRIM_EAUTH && !*ret_last) {
        *ret_last = true;
        result = scrim_age_open_chunk(key, index, true, sealed, count, plain);
    }
    return result;
}

static int check_end(struct input *in, struct scrim_error *error)
{
    uint8_t extra;
    size_t got;
    const int result = input_read(in, &extra, 1, &got, error);
    if (result >= 0 && got > 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: data after the last chunk", in->name);
    return result;
}

static int decrypt_chunks(struct input *in, int out_fd, const uint8_t key[32], uint8_t *sealed,
                          uint8_t *plain, const char *out_name, struct scrim_error *error)
{
    bool last = false;
    for (uint64_t index = 0; !last; index++) {
        size_t got;
        int result = input_read(in, sealed, SCRIM_AGE_SEALED_CHUNK, &got, error);
        if (result < 0)
            return result;
        if (got == 0)
            return scrim_fail(error, SCRIM_EFORMAT, "%s ends before its last chunk", in->name);
        result = open_either(key, index, sealed, got, plain, &last);
        if (result == SCRIM_EAUTH)
            return scrim_fail(error, result, "%s: chunk %llu was changed or cut short", in->name,
                              (unsigned long long)index);
        if (result < 0)
            return scrim_fail(error, result, "%s: %s", in->name, scrim_err_text(result));
        result = scrim_fs_write(out_fd, plain, got - SCRIM_AGE_TAG, out_name, error);
        if (result < 0)
            return result;
    }
    return check_end(in, error);
}

static int decrypt_payload(struct input *in, int out_fd, const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                           const char *out_name, struct scrim_error *error)
{
    uint8_t nonce[SCRIM_AGE_NONCE], key[32];
    size_t got;
    int result = input_read(in, nonce, sizeof nonce, &got, error);
    if (result < 0)
        return result;
    if (got < sizeof nonce)
        return scrim_fail(error, SCRIM_EFORMAT, "%s ends inside its payload nonce", in->name);
    uint8_t *sealed = scrim_alloc(SCRIM_AGE_SEALED_CHUNK);
    uint8_t *plain = scrim_alloc(SCRIM_AGE_CHUNK);
    if (sealed && plain) {
        scrim_age_payload_key(file_key, nonce, key);
        result = decrypt_chunks(in, out_fd, key, sealed, plain, out_name, error);
        sodium_memzero(key, sizeof key);
        sodium_memzero(plain, SCRIM_AGE_CHUNK);
    } else {
        result = scrim_fail(error, SCRIM_ENOMEM, "%s: out of memory", in->name);
    }
    free(plain);
    free(sealed);
    return result;
}

int scrim_age_decrypt(int in_fd, int out_fd, const uint8_t (*identities)[32],
                      size_t identities_count, const char *in_name, const char *out_name,
                      struct scrim_error *error)
{
    struct scrim_age_header header = {0};
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    SCRIM_AUTO(scrim_free_pointer) struct input *in = scrim_new(struct input);
    in->fd = in_fd;
    in->name = in_name;

    int result = read_header(in, &header, error);
    if (result >= 0)
        result = scrim_age_unwrap(&header, identities, identities_count, in_name, file_key, error);
    if (result >= 0)
        result = decrypt_payload(in, out_fd, file_key, out_name, error);
    sodium_memzero(file_key, sizeof file_key);
    scrim_age_header_finish(&header);
    return result;
}
