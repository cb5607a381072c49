#include "store/sealed_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256U << 10)

int scrim_sealed_open(const char *path, struct scrim_error *error)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
        return scrim_fail(error, SCRIM_EFORMAT, "%s: a link, not a file", path);
    const int fd = scrim_fs_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);
    if (fd < 0 || (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)))
        return fd;
    close(fd);
    return scrim_fail(error, SCRIM_EFORMAT, "%s: not an ordinary file", path);
}

// Up to `count` bytes; less only at the end of the file.
static ssize_t read_front(int fd, uint8_t *to, size_t count)
{
    size_t have = 0;
    while (have < count) {
        const ssize_t got = pread(fd, to + have, count - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return got;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

// The vault's stanza, and where the site has break-glass the emergency key's. Nobody else's: who
// could add a recipient could read along.
static int take_stanza(struct scrim_sealed_head *head, const char *path, struct scrim_error *error)
{
    if (head->header.stanzas_count > 2 ||
        (head->header.stanzas_count == 2 &&
         !scrim_age_x25519_is_well_formed(&head->header.stanzas[1])))
        return scrim_fail(error, SCRIM_EFORMAT,
                          "%s: a sealed segment has one stanza, and one of break-glass at most",
                          path);
    const int result = scrim_tdh2_parse(&head->header.stanzas[0], &head->tdh2, error);
    if (result < 0)
        scrim_fail_prefix(error, "%s", path);
    return result;
}

// A header is text. Where power failed, a file system may know of bytes that it never wrote.
static bool has_hole(const void *bytes, size_t count)
{
    struct scrim_age_header header;
    const uint8_t *hole = memchr(bytes, 0, count);
    if (!hole)
        return false;
    const int result =
        scrim_age_header_parse(bytes, (size_t)(hole - (const uint8_t *)bytes), &header, NULL);
    if (result >= 0)
        scrim_age_header_finish(&header);
    return result == SCRIM_EAGAIN;
}

int scrim_sealed_head_parse(const void *bytes, size_t count, const char *path,
                            struct scrim_sealed_head *ret, struct scrim_error *error)
{
    static const uint8_t no_nonce[SCRIM_AGE_NONCE];
    struct scrim_sealed_head head = {0};
    int result = scrim_age_header_parse(bytes, count, &head.header, error);
    if (result == SCRIM_EFORMAT && has_hole(bytes, count))
        return scrim_fail(error, SCRIM_EAGAIN, "%s: its header was not written to the end", path);
    if (result < 0) {
        scrim_fail_prefix(error, "%s", path);
        return result;
    }
    result = take_stanza(&head, path, error);
    if (result >= 0 && count - head.header.length < SCRIM_AGE_NONCE)
        result = scrim_fail(error, SCRIM_EAGAIN, "%s: ends before its payload", path);
    else if (result >= 0 &&
             memcmp((const uint8_t *)bytes + head.header.length, no_nonce, sizeof no_nonce) == 0)
        result = scrim_fail(error, SCRIM_EAGAIN, "%s: its payload was not written", path);
    if (result < 0) {
        scrim_age_header_finish(&head.header);
        return result;
    }
    memcpy(head.payload_nonce, (const uint8_t *)bytes + head.header.length, SCRIM_AGE_NONCE);
    head.payload_at = head.header.length + SCRIM_AGE_NONCE;
    *ret = head;
    return SCRIM_OK;
}

int scrim_sealed_head_read(int fd, const char *path, struct scrim_sealed_head *ret,
                           struct scrim_error *error)
{
    uint8_t front[SCRIM_SEALED_HEAD_MAX];
    const ssize_t count = read_front(fd, front, sizeof front);
    if (count < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    const int result = scrim_sealed_head_parse(front, (size_t)count, path, ret, error);
    if (result == SCRIM_EAGAIN && (size_t)count == sizeof front && !memchr(front, 0, sizeof front))
        return scrim_fail(error, SCRIM_EFORMAT, "%s: the header is longer than %d bytes", path,
                          SCRIM_SEALED_HEAD_MAX);
    return result;
}

void scrim_sealed_head_finish(struct scrim_sealed_head *head)
{
    if (head)
        scrim_age_header_finish(&head->header);
}

int scrim_sealed_label_fits(const struct scrim_vault_label *label, const char *site,
                            const char *camera, const char *file, struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], name[32];
    scrim_day_of(label->start_utc_us, day);
    scrim_segment_name(name, label->start_utc_us, 0);
    if (strcmp(label->site, site) != 0 || strcmp(label->camera, camera) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "it was sealed for camera %s of site %s",
                          label->camera, label->site);
    // The name may have "-<nth>" before its ending; the time is what must agree.
    if (strncmp(file, day, SCRIM_DAY_TEXT - 1) != 0 || file[SCRIM_DAY_TEXT - 1] != '/' ||
        strncmp(file + SCRIM_DAY_TEXT, name, strlen("HHMMSS")) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "it was sealed for %s/%s", day, name);
    return SCRIM_OK;
}

int scrim_file_digest(int fd, const char *path, uint8_t ret_sha256[32], uint64_t *ret_bytes,
                      void (*progress)(void *context, uint64_t bytes), void *context,
                      struct scrim_error *error)
{
    SCRIM_AUTO(scrim_free_pointer) uint8_t *block = scrim_alloc(BLOCK);
    EVP_MD_CTX *hash = block ? EVP_MD_CTX_new() : NULL;
    if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(hash);
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory to verify it", path);
    }
    uint64_t total = 0;
    int result = SCRIM_OK;
    for (;;) {
        const ssize_t got = pread(fd, block, BLOCK, (off_t)total);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result = scrim_fail_errno(error, errno, "%s", path);
        if (got <= 0)
            break;
        if (EVP_DigestUpdate(hash, block, (size_t)got) != 1) {
            result = scrim_fail(error, SCRIM_EINTERNAL, "%s: SHA-256 failed", path);
            break;
        }
        total += (uint64_t)got;
        if (progress)
            progress(context, (uint64_t)got);
    }
    if (result >= 0 && EVP_DigestFinal_ex(hash, ret_sha256, NULL) != 1)
        result = scrim_fail(error, SCRIM_EINTERNAL, "%s: SHA-256 failed", path);
    EVP_MD_CTX_free(hash);
    if (result >= 0)
        *ret_bytes = total;
    return result;
}
