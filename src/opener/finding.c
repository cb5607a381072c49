#include "opener/finding.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "opener/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_A_STEP 32 // with their proofs, some milliseconds

struct scrim_finding {
    const struct scrim_guard_setup *setup;
    struct scrim_opener_question question;
    uint32_t camera;        // whose segments are looked at
    bool searched;          // its journals were read
    size_t next;            // of `found`
    struct scrim_buf found; // struct scrim_opening_segment each
    struct scrim_segment_list list;
    struct scrim_buf json;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

struct scrim_finding *scrim_finding_create(const struct scrim_guard_setup *setup,
                                           const struct scrim_opener_question *question)
{
    struct scrim_finding *finding = scrim_new(struct scrim_finding);
    finding->setup = setup;
    finding->question = *question;
    qsort(finding->question.cameras, question->cameras_count, sizeof question->cameras[0], by_name);
    scrim_buf_init(&finding->found, 2 * SCRIM_SEGMENTS_MAX * sizeof(struct scrim_opening_segment));
    scrim_buf_init(&finding->json, SCRIM_SEGMENTS_JSON_MAX);
    return finding;
}

void scrim_finding_destroy(struct scrim_finding *finding)
{
    if (!finding)
        return;
    scrim_buf_finish(&finding->found);
    scrim_buf_finish(&finding->json);
    scrim_segment_list_finish(&finding->list);
    free(finding);
}

const struct scrim_buf *scrim_finding_result(const struct scrim_finding *finding)
{
    return &finding->json;
}

// --- a segment ---

static int check_hour(const struct scrim_finding *finding, const char *camera, int64_t start_us,
                      struct scrim_error *error)
{
    char text[SCRIM_TIME_TEXT];
    if (scrim_hour_ring_holds(finding->setup->ring, camera, scrim_hour_of(start_us)))
        return SCRIM_OK;
    scrim_time_format(start_us, text);
    return scrim_fail(error, SCRIM_EEND,
                      "camera %s: the hour key of %.13s h UTC is shredded: nobody can open it any "
                      "more",
                      camera, text);
}

static int check_seal(const struct scrim_finding *finding, const char *camera, const char *file,
                      const struct scrim_tdh2 *sealed, struct scrim_error *error)
{
    const struct scrim_vault *vault =
        scrim_vault_set_find(finding->setup->vaults, sealed->vault_id);
    const int result = vault ? scrim_tdh2_check(vault, sealed, error)
                             : scrim_fail(error, SCRIM_EAUTH,
                                          "sealed to a vault of which this "
                                          "site knows nothing");
    if (result < 0)
        scrim_fail_prefix(error, "camera %s, %s", camera, file);
    return result;
}

static int add_entry(struct scrim_finding *finding, const char *camera,
                     const struct scrim_opening_segment *segment,
                     const struct scrim_sealed_head *head, const struct scrim_buf *header,
                     struct scrim_error *error)
{
    struct scrim_segment_entry entry = {.start_us = head->tdh2.label.start_utc_us,
                                        .end_us = segment->end_us,
                                        .bytes = segment->bytes,
                                        .whole = segment->whole,
                                        .header = header->data,
                                        .header_len = header->len};
    snprintf(entry.camera, sizeof entry.camera, "%s", camera);
    snprintf(entry.file, sizeof entry.file, "%.39s", segment->file);
    snprintf(entry.disk, sizeof entry.disk, "%s", segment->disk);
    const int result = scrim_segment_list_add(&finding->list, &entry, error);
    return result == SCRIM_ENOSPACE
               ? scrim_fail(error, result,
                            "more than %d segments: ask for less time or fewer cameras",
                            SCRIM_SEGMENTS_MAX)
               : result;
}

static int add_segment(struct scrim_finding *finding, const char *camera,
                       const struct scrim_opening_segment *segment, struct scrim_error *error)
{
    struct scrim_sealed_head head;
    struct scrim_buf header;
    int result = check_hour(finding, camera, segment->start_us, error);
    if (result < 0)
        return result;
    scrim_buf_init(&header, SCRIM_SEALED_HEAD_MAX);
    result = scrim_sealed_front(finding->setup->site, camera, segment, &head, &header, error);
    if (result < 0) {
        scrim_buf_finish(&header);
        return result;
    }
    result = check_seal(finding, camera, segment->file, &head.tdh2, error);
    if (result >= 0)
        result = add_entry(finding, camera, segment, &head, &header, error);
    scrim_sealed_head_finish(&head);
    scrim_buf_finish(&header);
    return result;
}

// --- steps ---

static int read_journals(struct scrim_finding *finding, struct scrim_error *error)
{
    const struct scrim_opener_question *question = &finding->question;
    finding->searched = true;
    finding->next = 0;
    scrim_buf_clear(&finding->found);
    const int result =
        scrim_opening_find(finding->setup->site, question->cameras[finding->camera],
                           question->from_us, question->to_us, &finding->found, error);
    return result < 0 || finding->found.len == 0
               ? result
               : scrim_hour_ring_refresh(finding->setup->ring, error); // shredded is shredded
}

static int read_headers(struct scrim_finding *finding, struct scrim_error *error)
{
    const struct scrim_opening_segment *found = (const void *)finding->found.data;
    const size_t count = finding->found.len / sizeof *found;
    const size_t end =
        count - finding->next < HEADERS_A_STEP ? count : finding->next + HEADERS_A_STEP;
    int result = SCRIM_OK;
    for (; finding->next < end && result >= 0; finding->next++) {
        const struct scrim_opening_segment *segment = &found[finding->next];
        if (segment->end_us != INT64_MAX) // or it has no record yet: not finished
            result =
                add_segment(finding, finding->question.cameras[finding->camera], segment, error);
    }
    if (result >= 0 && finding->next == count) {
        finding->camera++;
        finding->searched = false;
    }
    return result;
}

static int write_list(struct scrim_finding *finding, struct scrim_error *error)
{
    if (finding->list.count == 0)
        return scrim_fail(error, SCRIM_ENOENT, "nothing was recorded there in that time");
    const int result = scrim_segment_list_write(&finding->list, &finding->json);
    return result < 0 ? scrim_fail(error, result, "no memory for the list of segments") : SCRIM_OK;
}

int scrim_finding_step(struct scrim_finding *finding, struct scrim_error *error)
{
    if (finding->camera == finding->question.cameras_count)
        return write_list(finding, error);
    const int result =
        finding->searched ? read_headers(finding, error) : read_journals(finding, error);
    return result < 0 ? result : 1;
}
