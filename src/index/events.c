// Questions about what happened: gaps, and times when the redacted picture was opaque.
#include "index/index_impl.h"

#include <stdio.h>
#include <string.h>

// Fills one item of a list from a row.
typedef void (*read_row)(sqlite3_stmt *row, void *ret);

static void read_gap(sqlite3_stmt *row, void *ret)
{
    struct scrim_gap_span *gap = ret;
    gap->from_us = sqlite3_column_int64(row, 0);
    gap->to_us = sqlite3_column_int64(row, 1);
    gap->cause = (enum scrim_gap_cause)sqlite3_column_int(row, 2);
    snprintf(gap->detail, sizeof gap->detail, "%s", (const char *)sqlite3_column_text(row, 3));
}

static void read_spell(sqlite3_stmt *row, void *ret)
{
    struct scrim_veil_spell *spell = ret;
    spell->state = SCRIM_VEIL_WAS_OPAQUE;
    spell->from_us = sqlite3_column_int64(row, 0);
    spell->to_us =
        sqlite3_column_type(row, 1) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(row, 1);
    snprintf(spell->reason, sizeof spell->reason, "%s", (const char *)sqlite3_column_text(row, 2));
}

static int take_rows(struct scrim_index *index, sqlite3_stmt *select, read_row read, size_t size,
                     struct scrim_buf *ret, struct scrim_error *error)
{
    int result = SCRIM_OK, code = SQLITE_DONE;
    while (result >= 0 && (code = sqlite3_step(select)) == SQLITE_ROW) {
        result = scrim_buf_reserve(ret, size);
        if (result < 0) {
            scrim_fail(error, result, "%s: the answer is too long", index->path);
            break;
        }
        memset(ret->data + ret->len, 0, size);
        read(select, ret->data + ret->len);
        ret->len += size;
    }
    if (result >= 0 && code != SQLITE_DONE)
        result = scrim_index_fail(index, code, error);
    sqlite3_reset(select);
    return result;
}

// `ret` is initialised with room for range->limit items.
static int ask(struct scrim_index *index, const char *camera, enum statement which,
               const struct scrim_index_range *range, read_row read, size_t size,
               struct scrim_buf *ret, struct scrim_error *error)
{
    struct index_camera row;
    int result = scrim_index_refresh(index, error);
    if (result >= 0)
        result = scrim_index_camera_get(index, camera, &row, error);
    if (result < 0)
        return result;
    sqlite3_stmt *select = scrim_index_statement(index, which, error);
    if (!select)
        return error ? error->code : SCRIM_EIO;
    sqlite3_bind_int64(select, 1, row.id);
    sqlite3_bind_int64(select, 2, range->from_us);
    sqlite3_bind_int64(select, 3, range->to_us);
    sqlite3_bind_int64(select, 4, (sqlite3_int64)range->limit);
    if (read == read_spell)
        sqlite3_bind_int(select, 5, SCRIM_VEIL_WAS_OPAQUE);
    else
        sqlite3_bind_int64(select, 5, range->causes ? range->causes : UINT32_MAX);
    return take_rows(index, select, read, size, ret, error);
}

int scrim_index_gaps(struct scrim_index *index, const char *camera,
                     const struct scrim_index_range *range, struct scrim_gap_span **ret,
                     size_t *ret_count, struct scrim_error *error)
{
    struct scrim_buf rows;
    scrim_buf_init(&rows, range->limit * sizeof **ret);
    const int result =
        ask(index, camera, range->backwards ? STATEMENT_GAPS_BEFORE : STATEMENT_GAPS_AFTER, range,
            read_gap, sizeof **ret, &rows, error);
    if (result < 0) {
        scrim_buf_finish(&rows);
        return result;
    }
    *ret_count = rows.len / sizeof **ret;
    *ret = (struct scrim_gap_span *)(void *)rows.data;
    return SCRIM_OK;
}

int scrim_index_opaque(struct scrim_index *index, const char *camera,
                       const struct scrim_index_range *range, struct scrim_veil_spell **ret,
                       size_t *ret_count, struct scrim_error *error)
{
    struct scrim_buf rows;
    scrim_buf_init(&rows, range->limit * sizeof **ret);
    const int result =
        ask(index, camera, range->backwards ? STATEMENT_SPELLS_BEFORE : STATEMENT_SPELLS_AFTER,
            range, read_spell, sizeof **ret, &rows, error);
    if (result < 0) {
        scrim_buf_finish(&rows);
        return result;
    }
    *ret_count = rows.len / sizeof **ret;
    *ret = (struct scrim_veil_spell *)(void *)rows.data;
    return SCRIM_OK;
}
