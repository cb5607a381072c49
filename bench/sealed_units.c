// sealed_units DIR CAMERA SHARE…: which pictures of scrim-camload a site holds of a camera, found
// by their stamps in what the seals give back. One line each, in the order in which they were
// sealed:
//
//     DAY/FILE CAMERA-NUMBER UNIT MADE-US
//
// The opening is logged like any other. A picture that a crash cut off is not listed.
#include "load/stamp.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/sandbox.h"
#include "store/opening.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define BOX_HEAD 8
#define WINDOW (2U << 20)

// The plaintext as it goes by: boxes of ISO/IEC 14496-12 at the top level, stamps inside.
struct scan {
    const char *file;
    struct scrim_buf window;
    size_t box_left; // bytes of the current box that lie behind the window's beginning
    bool held;       // a stamp whose picture may not be whole yet
    struct stamp last;
};

static void print_held(struct scan *scan)
{
    if (scan->held)
        printf("%s %" PRIu32 " %" PRIu64 " %" PRId64 "\n", scan->file, scan->last.camera,
               scan->last.unit, scan->last.utc_us);
    scan->held = false;
}

// Stamps in the first `count` bytes of the window; what may begin in the last STAMP_MAX of them is
// left for later unless `whole`. Returns how many bytes are done with.
static size_t find_stamps(struct scan *scan, size_t count, bool whole)
{
    const uint8_t *data = scan->window.data;
    const size_t end = whole ? count : count < STAMP_MAX ? 0 : count - STAMP_MAX;
    size_t at = 0;
    while (at < end) {
        const uint8_t *found = memmem(data + at, count - at, stamp_uuid, STAMP_UUID);
        struct stamp stamp;
        if (!found || (size_t)(found - data) >= end)
            return end;
        if (stamp_read(found, count - (size_t)(found - data), &stamp)) {
            print_held(scan); // another one follows: that picture is whole
            scan->last = stamp;
            scan->held = true;
        }
        at = (size_t)(found - data) + STAMP_UUID;
    }
    return end < at ? at : end;
}

// Begins the next box if its head is there.
static bool next_box(struct scan *scan, struct scrim_error *error, int *ret)
{
    struct scrim_reader reader = scrim_reader_of(scan->window.data, scan->window.len);
    uint32_t size;
    if (scan->window.len < BOX_HEAD || !scrim_read_u32(&reader, &size))
        return false;
    print_held(scan);
    if (size < BOX_HEAD)
        *ret = scrim_fail(error, SCRIM_EFORMAT, "%s: a box of %u bytes", scan->file, size);
    scan->box_left = size;
    return size >= BOX_HEAD;
}

static int scan_window(struct scan *scan, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (;;) {
        if (scan->box_left == 0 && !next_box(scan, error, &result))
            return result;
        const bool whole = scan->box_left <= scan->window.len;
        const size_t done = find_stamps(scan, whole ? scan->box_left : scan->window.len, whole);
        scrim_buf_drop_front(&scan->window, done);
        scan->box_left -= done;
        if (!whole)
            return SCRIM_OK;
    }
}

static int scan_segment(struct scrim_opening *opening, size_t at, struct scrim_error *error)
{
    struct scan scan = {.file = scrim_opening_segment(opening, at)->file};
    struct scrim_plain *plain = NULL;
    struct scrim_plain_chunk chunk;
    int result = scrim_opening_open(opening, at, &plain, error);
    if (result < 0)
        return result;
    scrim_buf_init(&scan.window, WINDOW);
    while (result >= 0 && (result = scrim_plain_next(plain, &chunk, error)) > 0) {
        result = scrim_buf_append(&scan.window, chunk.bytes, chunk.count);
        result = result < 0 ? scrim_fail(error, result, "%s: no room", scan.file)
                            : scan_window(&scan, error);
    }
    if (result >= 0 && scan.box_left == 0)
        print_held(&scan);
    scrim_buf_finish(&scan.window);
    scrim_plain_close(plain);
    return result;
}

static int scan_all(const struct scrim_site *site, const struct scrim_opening_request *request,
                    struct scrim_error *error)
{
    struct scrim_opening *opening = NULL;
    int result = scrim_opening_create(site, request, &opening, error);
    if (result >= 0)
        result = scrim_opening_log_intent(opening, error);
    for (size_t i = 0; result >= 0 && i < scrim_opening_count(opening); i++)
        result = scan_segment(opening, i, error);
    if (result >= 0)
        result = scrim_opening_log_outcome(opening, 0, scrim_opening_count(opening), NULL, error);
    scrim_opening_destroy(opening);
    return result;
}

int main(int argc, char **argv)
{
    struct scrim_share shares[SCRIM_VAULT_HOLDERS_MAX] = {0};
    struct scrim_site site = {0};
    struct scrim_error error = {0};
    if (argc < 4 || argc - 3 > SCRIM_VAULT_HOLDERS_MAX) {
        fprintf(stderr, "usage: sealed_units DIR CAMERA SHARE…\n");
        return 2;
    }
    const struct scrim_opening_request request = {
        .camera = argv[2],
        .reason = "matching what was sealed to what was sent",
        .from_us = 1,
        .to_us = scrim_clock_utc_us() + 3600 * SCRIM_SECOND,
        .output = "the stamps only",
        .shares = shares,
        .shares_count = (size_t)argc - 3,
    };
    int result = sodium_init() < 0 ? SCRIM_EINTERNAL : scrim_sandbox_begin(&error);
    if (result >= 0)
        result = scrim_site_load(argv[1], &site, &error);
    for (size_t i = 0; i < request.shares_count && result >= 0; i++)
        result = scrim_share_load(argv[3 + i], NULL, &shares[i], &error);
    if (result >= 0)
        result = scan_all(&site, &request, &error);
    for (size_t i = 0; i < request.shares_count; i++)
        scrim_share_wipe(&shares[i]);
    scrim_site_finish(&site);
    if (result < 0)
        fprintf(stderr, "sealed_units: %s\n", error.text);
    return result < 0;
}
