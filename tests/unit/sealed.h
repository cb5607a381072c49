// Opens what was sealed, the way two keyholders would, and reads journals: for tests only.
#pragma once

#include "base/fs.h"
#include "store/hour_ring.h"
#include "store/journal.h"
#include "test.h"

#include <sodium.h>

// The records of a camera in order; signatures are checked.
static inline size_t sealed_journal(const char *dir, const char *camera, struct scrim_record *ret,
                                    size_t room)
{
    char path[SCRIM_PATH_MAX], **days;
    size_t days_count = 0, count = 0;
    uint8_t public_key[32], prev[32];
    struct scrim_error error;
    CHECK_INT(scrim_device_public_load(dir, public_key, &error), SCRIM_OK);
    snprintf(path, sizeof path, "%s/store/%s", dir, camera);
    if (scrim_fs_list(path, &days, &days_count, &error) < 0)
        return 0;
    for (size_t i = 0; i < days_count; i++) {
        struct scrim_buf text;
        scrim_buf_init(&text, 64U << 20);
        snprintf(path, sizeof path, "%s/store/%s/%s/journal", dir, camera, days[i]);
        if (scrim_fs_read(path, &text, &error) >= 0) {
            struct scrim_reader reader = scrim_reader_of(text.data, text.len);
            const char *line;
            size_t length;
            while (count < room && scrim_read_line(&reader, &line, &length))
                CHECK_INT(
                    scrim_journal_parse(line, length, public_key, &ret[count++], prev, &error),
                    SCRIM_OK);
        }
        scrim_buf_finish(&text);
    }
    scrim_fs_free_names(days, days_count);
    return count;
}

static inline int sealed_hour_key(const char *dir, const struct scrim_vault_label *label,
                                  uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    struct scrim_site_config config = {0};
    struct scrim_site site = {.config = &config};
    struct scrim_hour_ring *ring;
    snprintf(site.dir, sizeof site.dir, "%s", dir);
    int result = scrim_hour_ring_read(&site, &ring, error);
    if (result < 0)
        return result;
    result = scrim_hour_ring_get(ring, label->camera, label->hour, ret);
    scrim_hour_ring_close(ring);
    return result;
}

static inline int sealed_file_key(const char *dir, const struct scrim_age_header *header,
                                  const struct scrim_vault *vault, const struct scrim_share *shares,
                                  uint8_t ret[SCRIM_AGE_FILE_KEY])
{
    static const uint8_t request[SCRIM_REQUEST_ID] = {1};
    struct scrim_tdh2 sealed;
    struct scrim_partial partials[2];
    struct scrim_error error = {0};
    uint8_t hour_key[SCRIM_HOUR_KEY];
    int result = scrim_tdh2_parse(&header->stanzas[0], &sealed, &error);
    for (int i = 0; i < 2 && result >= 0; i++)
        result = scrim_tdh2_partial(vault, &shares[i], &sealed, request, &partials[i], &error);
    if (result >= 0)
        result = sealed_hour_key(dir, &sealed.label, hour_key, &error);
    if (result >= 0)
        result = scrim_tdh2_combine(vault, &sealed, request, partials, 2, hour_key, ret, &error);
    if (result >= 0)
        result = scrim_age_header_verify(header, ret);
    if (result < 0)
        printf("  %s\n", error.text);
    return result;
}

// Appends the plaintext of store/<camera>/<file> to `ret`. 0, or what failed.
static inline int sealed_open(const char *dir, const char *camera, const char *file,
                              const struct scrim_vault *vault, const struct scrim_share *shares,
                              struct scrim_buf *ret)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error;
    struct scrim_age_header header = {0};
    struct scrim_buf sealed;
    uint8_t file_key[SCRIM_AGE_FILE_KEY], payload_key[32];
    scrim_buf_init(&sealed, 256U << 20);
    snprintf(path, sizeof path, "%s/store/%s/%s", dir, camera, file);
    int result = scrim_fs_read(path, &sealed, &error);
    if (result >= 0)
        result = scrim_age_header_parse(sealed.data, sealed.len, &header, &error);
    if (result >= 0)
        result = sealed_file_key(dir, &header, vault, shares, file_key);
    size_t at = header.length + SCRIM_AGE_NONCE;
    if (result >= 0)
        scrim_age_payload_key(file_key, sealed.data + header.length, payload_key);
    for (uint64_t chunk = 0; result >= 0 && at < sealed.len; chunk++) {
        const size_t left = sealed.len - at;
        const size_t take = left < SCRIM_AGE_SEALED_CHUNK ? left : SCRIM_AGE_SEALED_CHUNK;
        uint8_t plain[SCRIM_AGE_CHUNK];
        result =
            scrim_age_open_chunk(payload_key, chunk, left == take, sealed.data + at, take, plain);
        if (result >= 0)
            result = scrim_buf_append(ret, plain, take - SCRIM_AGE_TAG);
        at += take;
    }
    scrim_age_header_finish(&header);
    scrim_buf_finish(&sealed);
    return result;
}
