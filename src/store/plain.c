#include "store/plain.h"

#include "base/alloc.h"
#include "store/plain_impl.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_TRIES 8 // times a growing file may overtake the tail that was read for it

static int take_keys(struct scrim_plain *plain, const struct scrim_sealed_head *head,
                     const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    if (scrim_age_header_verify(&head->header, file_key) < 0)
        return scrim_fail(error, SCRIM_EAUTH, "%s: the header is not the one that was sealed",
                          plain->path);
    memcpy(plain->nonce, head->payload_nonce, sizeof plain->nonce);
    memcpy(plain->file_key, file_key, sizeof plain->file_key);
    scrim_age_payload_key(file_key, plain->nonce, plain->payload_key);
    scrim_tail_key(file_key, plain->nonce, plain->tail_key);
    plain->payload_at = head->payload_at;
    return SCRIM_OK;
}

static int open_file(struct scrim_plain *plain, const struct scrim_plain_source *source,
                     const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    struct scrim_sealed_head head;
    struct stat info;
    const int fd = scrim_sealed_open(source->path, error);
    if (fd < 0)
        return fd;
    plain->fd = fd;
    if (fstat(fd, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", source->path);
    plain->size = (uint64_t)info.st_size;
    if (source->whole && plain->size != source->bytes)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: %llu bytes, the journal says %llu",
                          source->path, (unsigned long long)plain->size,
                          (unsigned long long)source->bytes);
    int result = scrim_sealed_head_read(fd, source->path, &head, error);
    if (result >= 0) {
        result = take_keys(plain, &head, file_key, error);
        scrim_sealed_head_finish(&head);
    }
    return result;
}

int scrim_plain_open(const struct scrim_plain_source *source,
                     const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_plain **ret,
                     struct scrim_error *error)
{
    struct scrim_plain *plain = sodium_malloc(sizeof *plain);
    if (!plain)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory to open it", source->path);
    sodium_memzero(plain, sizeof *plain);
    plain->fd = -1;
    plain->whole = source->whole;
    snprintf(plain->path, sizeof plain->path, "%s", source->path);
    snprintf(plain->tail_path, sizeof plain->tail_path, "%s",
             source->tail_path ? source->tail_path : "");
    const int result = open_file(plain, source, file_key, error);
    if (result < 0) {
        scrim_plain_close(plain);
        return result;
    }
    *ret = plain;
    return SCRIM_OK;
}

void scrim_plain_close(struct scrim_plain *plain)
{
    if (!plain)
        return;
    scrim_close_fd(&plain->fd);
    sodium_free(plain); // overwrites first
}

// The sealed bytes of the next chunk, as many as the file has.
static int read_sealed(struct scrim_plain *plain, size_t *ret_count, struct scrim_error *error)
{
    const uint64_t at = plain->payload_at + plain->index * SCRIM_AGE_SEALED_CHUNK;
    size_t have = 0;
    while (have < sizeof plain->sealed) {
        const ssize_t got =
            pread(plain->fd, plain->sealed + have, sizeof plain->sealed - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "%s", plain->path);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    *ret_count = have;
    return SCRIM_OK;
}

// An empty chunk may only be the first and last of an empty file (age.md).
static bool try_chunk(struct scrim_plain *plain, size_t sealed_count, bool last)
{
    const size_t least = plain->index == 0 && last ? SCRIM_AGE_TAG : SCRIM_AGE_TAG + 1;
    return sealed_count >= least &&
           scrim_age_open_chunk(plain->payload_key, plain->index, last, plain->sealed, sealed_count,
                                plain->bytes) >= 0;
}

static int deliver(struct scrim_plain *plain, size_t count, const uint8_t *sealed, bool last,
                   struct scrim_plain_chunk *ret)
{
    *ret = (struct scrim_plain_chunk){plain->index, plain->bytes, count, sealed, last};
    plain->index++;
    plain->ended = last || !sealed;
    return 1;
}

static int next_of_whole(struct scrim_plain *plain, struct scrim_plain_chunk *ret,
                         struct scrim_error *error)
{
    size_t count = 0;
    const int result = read_sealed(plain, &count, error);
    if (result < 0)
        return result;
    const uint64_t end = plain->payload_at + plain->index * SCRIM_AGE_SEALED_CHUNK + count;
    const bool last = end == plain->size;
    if (end > plain->size || !try_chunk(plain, count, last))
        return scrim_fail(error, SCRIM_EAUTH, "%s: damaged in chunk %llu", plain->path,
                          (unsigned long long)plain->index);
    return deliver(plain, count - SCRIM_AGE_TAG, plain->sealed, last, ret);
}

enum tail_result { TAIL_FITS, TAIL_IS_AHEAD, TAIL_NONE };

// A tail that holds the beginning of the next chunk. One for a later chunk means that the file has
// grown.
static enum tail_result take_tail(struct scrim_plain *plain, size_t *ret_count)
{
    struct scrim_buf file;
    struct scrim_tail tail;
    enum tail_result result = TAIL_NONE;
    int found;
    scrim_buf_init(&file, SCRIM_TAIL_FILE_MAX);
    if (plain->tail_path[0] != '\0' && scrim_fs_read(plain->tail_path, &file, NULL) >= 0 &&
        (found = scrim_tail_find(file.data, file.len, plain->nonce, plain->index, &tail)) !=
            SCRIM_ENOENT) {
        if (found < 0) {
            result = TAIL_IS_AHEAD;
        } else if (scrim_tail_open(&tail, plain->tail_key, plain->bytes) >= 0) {
            *ret_count = tail.length;
            result = TAIL_FITS;
        }
    }
    scrim_buf_finish(&file);
    return result;
}

static int next_of_torn(struct scrim_plain *plain, struct scrim_plain_chunk *ret,
                        struct scrim_error *error)
{
    for (int tries = 0; tries < TAIL_TRIES; tries++) {
        size_t count = 0;
        const int result = read_sealed(plain, &count, error);
        if (result < 0)
            return result;
        if (count == SCRIM_AGE_SEALED_CHUNK && try_chunk(plain, count, false))
            return deliver(plain, SCRIM_AGE_CHUNK, plain->sealed, false, ret);
        if (try_chunk(plain, count, true))
            return deliver(plain, count - SCRIM_AGE_TAG, plain->sealed, true, ret);
        const enum tail_result tail = take_tail(plain, &count);
        if (tail == TAIL_FITS)
            return deliver(plain, count, NULL, false, ret);
        if (tail == TAIL_NONE)
            break;
    }
    plain->ended = true;
    return 0;
}

int scrim_plain_next(struct scrim_plain *plain, struct scrim_plain_chunk *ret,
                     struct scrim_error *error)
{
    if (plain->ended)
        return 0;
    return plain->whole ? next_of_whole(plain, ret, error) : next_of_torn(plain, ret, error);
}

int scrim_plain_read(struct scrim_plain *plain, void *to, size_t max, size_t *ret_count,
                     struct scrim_error *error)
{
    if (plain->rest.count == 0) {
        const int result = scrim_plain_next(plain, &plain->rest, error);
        if (result <= 0) {
            *ret_count = 0;
            return result;
        }
    }
    const size_t count = plain->rest.count < max ? plain->rest.count : max;
    memcpy(to, plain->rest.bytes, count);
    plain->rest.bytes += count;
    plain->rest.count -= count;
    *ret_count = count;
    return SCRIM_OK;
}
