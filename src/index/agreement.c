// Index against journals, for scrim check: the same records, in both directions, as far as the
// index has read.
#include "index/index_impl.h"
#include "store/journal_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct comparison {
    struct scrim_index *index;
    const struct scrim_site *site;
    struct index_camera camera;
    scrim_index_finding finding;
    void *context;
    sqlite3_stmt *segments; // rows in the order of seq, stepped along with the journal
    bool has_row;
    bool any;     // record of this camera that the index must know
    uint64_t seq; // of the one being looked at
};

static void say(const struct comparison *c, const char *file, const char *text)
{
    char path[SCRIM_PATH_MAX];
    snprintf(path, sizeof path, "store/%s/%s", c->camera.name, file);
    c->finding(c->context, path, text);
}

static uint64_t row_seq(const struct comparison *c)
{
    return (uint64_t)sqlite3_column_int64(c->segments, 0);
}

static const char *row_file(const struct comparison *c)
{
    const unsigned char *text = sqlite3_column_text(c->segments, 5);
    return text ? (const char *)text : "";
}

static int next_row(struct comparison *c, struct scrim_error *error)
{
    const int code = sqlite3_step(c->segments);
    c->has_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SCRIM_OK
                                                     : scrim_index_fail(c->index, code, error);
}

static bool row_equals(const struct comparison *c, const struct scrim_record *record)
{
    return sqlite3_column_int64(c->segments, 1) == record->start_us &&
           sqlite3_column_int64(c->segments, 2) == record->end_us &&
           (uint64_t)sqlite3_column_int64(c->segments, 3) == record->bytes &&
           (sqlite3_column_int(c->segments, 4) != 0) == record->torn &&
           strcmp(row_file(c), record->file) == 0;
}

// One segment record of the journal that the index must have, unless it expired there.
static int compare_segment(struct comparison *c, const struct scrim_record *record,
                           struct scrim_error *error)
{
    int result = SCRIM_OK;
    while (result >= 0 && c->has_row && row_seq(c) < record->seq) {
        say(c, row_file(c), "the index has it and the journal does not");
        result = next_row(c, error);
    }
    if (result < 0)
        return result;
    if (!c->has_row || row_seq(c) > record->seq) {
        if (record->end_us >= c->camera.expired_us)
            say(c, record->file, "the journal has it and the index does not");
        return SCRIM_OK;
    }
    if (!row_equals(c, record))
        say(c, record->file, "index and journal tell different things about it");
    return next_row(c, error);
}

// Damaged lines are the journal's finding; newer records were not read yet.
static int compare_record(void *context, const struct scrim_record *record,
                          struct scrim_error *error)
{
    struct comparison *c = context;
    if (record->seq >= c->camera.next_seq)
        return SCRIM_OK;
    c->any = true;
    c->seq = record->seq;
    return record->type == SCRIM_RECORD_SEGMENT ? compare_segment(c, record, error) : SCRIM_OK;
}

static void compare_position(const struct comparison *c)
{
    char file[SCRIM_DAY_TEXT + 16], text[160];
    if (c->camera.next_seq == 0 || (c->any && c->seq + 1 >= c->camera.next_seq))
        return;
    snprintf(file, sizeof file, "%s/journal", c->camera.day);
    snprintf(text, sizeof text,
             "the index has read %" PRIu64
             " records, of which the journal has no more than %" PRIu64,
             c->camera.next_seq, c->any ? c->seq + 1 : 0);
    say(c, file, text);
}

static int compare_journals(struct comparison *c, struct scrim_error *error)
{
    struct scrim_journal_walk walk = {
        .dir = c->site->dir, .camera = c->camera.name, .visit = compare_record, .context = c};
    int result = scrim_journal_walk(&walk, error);
    while (result >= 0 && c->has_row) {
        say(c, row_file(c), "the index has it and the journal does not");
        result = next_row(c, error);
    }
    if (result >= 0)
        compare_position(c);
    return result;
}

static int compare_camera(struct comparison *c, const char *name, struct scrim_error *error)
{
    int result = scrim_index_camera_get(c->index, name, &c->camera, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // never read: nothing to disagree about
    if (result < 0)
        return result;
    c->any = false;
    c->seq = 0;
    if (c->camera.broken[0] != '\0') {
        const char *colon = strstr(c->camera.broken, ": ");
        char file[SCRIM_PATH_MAX];
        snprintf(file, sizeof file, "%.*s", colon ? (int)(colon - c->camera.broken) : 0,
                 c->camera.broken);
        c->finding(c->context, file, colon ? colon + 2 : c->camera.broken);
    }
    c->segments = scrim_index_statement(c->index, STATEMENT_SEGMENTS_BY_SEQ, error);
    if (!c->segments)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(c->segments, 1, c->camera.id);
    result = next_row(c, error);
    if (result >= 0)
        result = compare_journals(c, error);
    sqlite3_reset(c->segments);
    return result;
}

int scrim_index_agreement(struct scrim_index *index, const struct scrim_site *site,
                          scrim_index_finding finding, void *context, struct scrim_error *error)
{
    struct comparison c = {.index = index, .site = site, .finding = finding, .context = context};
    int result = scrim_index_refresh(index, error);
    for (unsigned i = 0; i < site->config->cameras_count && result >= 0; i++)
        result = compare_camera(&c, site->config->cameras[i].id, error);
    return result;
}
