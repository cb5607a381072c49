#include "cli/gaps.h"
#include "cli/status.h"
#include "keeper/admission.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL 96
#define COLUMNS_MAX 10
#define NARROWEST 24 // a text that is folded has at least so much room
#define RED "\033[31m"
#define PLAIN "\033[0m"

// What others said is no order to the terminal.
static void make_plain(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        if (*at < ' ' || *at == 0x7f || (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f))
            *at = '?';
    }
}

// ---- Tables: columns as wide as what is in them; those of least use go where there is no room.

struct column {
    const char *title;
    void (*fill)(const json_t *status, const json_t *row, char cell[CELL]);
    unsigned use; // the lowest goes first; 0: it stays
    bool right;
};

struct sheet {
    const json_t *status, *rows;
    const struct column *columns;
    unsigned count;
    bool (*is_bad)(const json_t *row);
    size_t widths[COLUMNS_MAX];
    bool gone[COLUMNS_MAX];
};

static void measure(struct sheet *sheet)
{
    char cell[CELL];
    for (unsigned c = 0; c < sheet->count; c++) {
        sheet->widths[c] = strlen(sheet->columns[c].title);
        for (size_t r = 0; r < json_array_size(sheet->rows); r++) {
            sheet->columns[c].fill(sheet->status, json_array_get(sheet->rows, r), cell);
            if (strlen(cell) > sheet->widths[c])
                sheet->widths[c] = strlen(cell);
        }
    }
}

static size_t width_of(const struct sheet *sheet)
{
    size_t width = 0;
    for (unsigned c = 0; c < sheet->count; c++)
        width += sheet->gone[c] ? 0 : sheet->widths[c] + 2;
    return width;
}

static void fit(struct sheet *sheet, unsigned width)
{
    while (width > 0 && width_of(sheet) > width) {
        int least = -1;
        for (unsigned c = 0; c < sheet->count; c++) {
            if (!sheet->gone[c] && sheet->columns[c].use > 0 &&
                (least < 0 || sheet->columns[c].use < sheet->columns[least].use))
                least = (int)c;
        }
        if (least < 0)
            return; // what stays may be broken by the terminal
        sheet->gone[least] = true;
    }
}

static int put_cells(const struct sheet *sheet, const json_t *row, struct scrim_buf *out)
{
    int result = SCRIM_OK;
    for (unsigned c = 0; c < sheet->count && result >= 0; c++) {
        const struct column *column = &sheet->columns[c];
        char cell[CELL];
        if (sheet->gone[c])
            continue;
        snprintf(cell, sizeof cell, "%s", column->title);
        if (row)
            column->fill(sheet->status, row, cell);
        make_plain(cell);
        const int width = (int)sheet->widths[c];
        result = scrim_buf_printf(out, "%*s  ", column->right ? width : -width, cell);
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
    return result;
}

static int put_sheet(struct sheet *sheet, const struct scrim_status_style *style,
                     struct scrim_buf *out)
{
    if (json_array_size(sheet->rows) == 0)
        return SCRIM_OK;
    measure(sheet);
    fit(sheet, style->width);
    int result = scrim_buf_append_text(out, "\n");
    if (result >= 0)
        result = put_cells(sheet, NULL, out);
    for (size_t r = 0; r < json_array_size(sheet->rows) && result >= 0; r++) {
        const json_t *row = json_array_get(sheet->rows, r);
        const bool red = style->colour && sheet->is_bad(row);
        result = scrim_buf_append_text(out, red ? "\n" RED : "\n");
        if (result >= 0)
            result = put_cells(sheet, row, out);
        if (result >= 0 && red)
            result = scrim_buf_append_text(out, PLAIN);
    }
    return result < 0 ? result : scrim_buf_append_text(out, "\n");
}

// ---- Cells.

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool is_from_desk(const json_t *status)
{
    return strcmp(text_of(status, "source"), "desk") == 0;
}

static void fill_id(const json_t *status, const json_t *row, char cell[CELL])
{
    const char *id = text_of(row, "id");
    (void)status;
    snprintf(cell, CELL, "%s", id[0] ? id : "(site)");
}

static void fill_state(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    snprintf(cell, CELL, "%s", json_object_get(row, "state") ? text_of(row, "state") : "unknown");
}

// Since when the state is what it is; without the desk, how long ago something was recorded.
static void fill_since(const json_t *status, const json_t *row, char cell[CELL])
{
    const json_t *recorded = json_object_get(json_object_get(row, "day"), "recorded_to_us");
    const int64_t since_us =
        is_from_desk(status) ? number_of(row, "since_us") : json_integer_value(recorded);
    const int64_t length_us = number_of(status, "at_us") - since_us;
    char length[32];
    scrim_gaps_length_text(length, length_us > 0 ? length_us : 0);
    if (is_from_desk(status))
        snprintf(cell, CELL, "%s", length);
    else if (since_us > 0)
        snprintf(cell, CELL, "recorded %s ago", length);
    else
        snprintf(cell, CELL, "-");
}

static void fill_fps(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    if (json_is_number(json_object_get(row, "fps")))
        snprintf(cell, CELL, "%.1f", json_number_value(json_object_get(row, "fps")));
    else
        snprintf(cell, CELL, "-");
}

static void fill_bitrate(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    if (json_object_get(row, "bitrate"))
        snprintf(cell, CELL, "%.2f", (double)number_of(row, "bitrate") / 1e6);
    else
        snprintf(cell, CELL, "-");
}

static void fill_gaps(const json_t *status, const json_t *row, char cell[CELL])
{
    const json_t *day = json_object_get(row, "day");
    size_t used = 0;
    (void)status;
    snprintf(cell, CELL, "%s", json_is_object(day) ? "none" : "?");
    for (unsigned i = 0; i < SCRIM_GAP_CAUSES && used < CELL - 1; i++) {
        const char *cause = scrim_gap_cause_text((enum scrim_gap_cause)i);
        const json_t *gap = json_object_get(json_object_get(day, "gaps"), cause);
        char length[32];
        if (!gap)
            continue;
        scrim_gaps_length_text(length, number_of(gap, "us"));
        const int more = snprintf(cell + used, CELL - used, "%s%" PRId64 " %s %s",
                                  used > 0 ? ", " : "", number_of(gap, "count"), cause, length);
        used += more > 0 ? (size_t)more : 0;
    }
}

static void fill_reconnects(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    if (json_object_get(row, "reconnects"))
        snprintf(cell, CELL, "%" PRId64, number_of(row, "reconnects"));
    else
        snprintf(cell, CELL, "-");
}

static void fill_clock(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    if (json_object_get(row, "clock_offset_us"))
        snprintf(cell, CELL, "%+.3f s", (double)number_of(row, "clock_offset_us") / 1e6);
    else
        snprintf(cell, CELL, "-");
}

static void fill_kept(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    const char *record = text_of(row, "record");
    if (strcmp(record, "nothing") == 0)
        snprintf(cell, CELL, "nothing");
    else
        snprintf(cell, CELL, "%" PRId64 " h%s", number_of(row, "retention_hours"),
                 strcmp(record, "redacted") == 0 ? ", redacted only" : "");
}

static void fill_view(const json_t *status, const json_t *row, char cell[CELL])
{
    const json_t *veil = json_object_get(row, "veil");
    (void)status;
    snprintf(cell, CELL, "%s", veil ? text_of(veil, "state") : "-");
}

static bool camera_is_bad(const json_t *row)
{
    const char *state = text_of(row, "state");
    return state[0] && strcmp(state, "recording") != 0 && strcmp(state, "watching") != 0;
}

static const json_t *forecast_of(const json_t *status, const json_t *disk)
{
    const json_t *list = json_object_get(json_object_get(status, "storage"), "disks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(text_of(json_array_get(list, i), "id"), text_of(disk, "id")) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static void fill_bytes(const json_t *row, const char *name, char cell[CELL])
{
    char text[SCRIM_BYTES_TEXT];
    scrim_bytes_text((uint64_t)number_of(row, name), text);
    snprintf(cell, CELL, "%s", number_of(row, "total") > 0 ? text : "-");
}

static void fill_free(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    fill_bytes(row, "free", cell);
}

static void fill_total(const json_t *status, const json_t *row, char cell[CELL])
{
    (void)status;
    fill_bytes(row, "total", cell);
}

static void fill_forecast(const json_t *status, const json_t *row, char cell[CELL])
{
    const json_t *forecast = forecast_of(status, row);
    const json_t *fills = json_object_get(forecast, "fills_at_us");
    char when[SCRIM_TIME_TEXT];
    scrim_time_format(json_integer_value(fills), when);
    if (!forecast)
        snprintf(cell, CELL, "not known");
    else if (json_is_integer(fills))
        snprintf(cell, CELL, "%.16sZ", when);
    else
        snprintf(cell, CELL, "not in sight");
}

static bool disk_is_bad(const json_t *row)
{
    const char *state = text_of(row, "state");
    return strcmp(state, "ok") != 0 && strcmp(state, "purging") != 0;
}

static const struct column camera_columns[] = {
    {"CAMERA", fill_id, 0, false},
    {"STATE", fill_state, 0, false},
    {"FOR", fill_since, 9, true},
    {"FPS", fill_fps, 6, true},
    {"MBIT/S", fill_bitrate, 5, true},
    {"GAPS IN 24 H", fill_gaps, 8, false},
    {"RECONNECTS", fill_reconnects, 3, true},
    {"CLOCK", fill_clock, 4, true},
    {"VIEW", fill_view, 2, false},
    {"KEPT", fill_kept, 1, true},
};

static const struct column disk_columns[] = {
    {"DISK", fill_id, 0, false}, {"STATE", fill_state, 0, false},   {"FREE", fill_free, 3, true},
    {"OF", fill_total, 2, true}, {"FULL", fill_forecast, 1, false},
};

// ---- The rest.

// Breaks at spaces, so that lines after the first are indented like it. Counts letters, not bytes.
static int put_folded(const char *text, size_t indent, unsigned width, struct scrim_buf *out)
{
    const size_t room = width > indent + NARROWEST ? width - indent : width > 0 ? NARROWEST : 0;
    size_t used = 0;
    int result = SCRIM_OK;
    while (*text && result >= 0) {
        const size_t bytes = strcspn(text, " ");
        size_t letters = 0;
        for (size_t i = 0; i < bytes; i++)
            letters += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (used > 0 && room > 0 && used + 1 + letters > room) {
            result = scrim_buf_printf(out, "\n%*s", (int)indent, "");
            used = 0;
        } else if (used > 0) {
            result = scrim_buf_append_text(out, " ");
            used++;
        }
        if (result >= 0)
            result = scrim_buf_append(out, text, bytes);
        used += letters;
        text += bytes;
        text += strspn(text, " ");
    }
    return result;
}

static int put_sentences(const json_t *list, const char *mark, bool red,
                         const struct scrim_status_style *style, struct scrim_buf *out)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < json_array_size(list) && result >= 0; i++) {
        char text[1100];
        snprintf(text, sizeof text, "%s", json_string_value(json_array_get(list, i)));
        make_plain(text);
        result = scrim_buf_printf(out, "%s%s", red ? RED : "", mark);
        if (result >= 0)
            result = put_folded(text, strlen(mark), style->width, out);
        if (result >= 0)
            result = scrim_buf_append_text(out, red ? PLAIN "\n" : "\n");
    }
    return result;
}

static int put_head(const json_t *status, struct scrim_buf *out)
{
    const json_t *site = json_object_get(status, "site");
    const bool ok = json_is_true(json_object_get(status, "ok"));
    char when[SCRIM_TIME_TEXT], name[256];
    scrim_time_format(number_of(status, "at_us"), when);
    snprintf(name, sizeof name, "%s", text_of(site, "name"));
    make_plain(name);
    return scrim_buf_printf(out, "%s (%s), %.19sZ: %s\n\n", name, text_of(site, "id"), when,
                            ok ? "all is well" : "needs attention");
}

static const char *runs(const json_t *programs, const char *name)
{
    return json_is_true(json_object_get(programs, name)) ? "runs" : "is down";
}

static int put_programs(const json_t *status, const struct scrim_status_style *style,
                        struct scrim_buf *out)
{
    const json_t *programs = json_object_get(status, "programs");
    const json_t *veil = json_object_get(programs, "veil");
    char text[256], workers[64] = "veil workers not known";
    size_t up = 0;
    for (size_t i = 0; i < json_array_size(veil); i++)
        up += json_is_true(json_array_get(veil, i));
    if (json_is_array(veil))
        snprintf(workers, sizeof workers, "%zu of %zu veil workers run", up, json_array_size(veil));
    snprintf(text, sizeof text, "recorder %s, keeper %s, desk %s, %s", runs(programs, "recorder"),
             runs(programs, "keeper"), runs(programs, "desk"), workers);
    const int result = put_folded(text, 0, style->width, out);
    return result < 0 ? result : scrim_buf_append_text(out, "\n");
}

static int put_admission(const json_t *status, const struct scrim_status_style *style,
                         struct scrim_buf *out)
{
    const json_t *admission = json_object_get(json_object_get(status, "storage"), "admission");
    static const char mark[] = "storage: ";
    char text[1024];
    if (!admission)
        return SCRIM_OK;
    snprintf(text, sizeof text, "%s", text_of(admission, "text"));
    make_plain(text);
    int result = scrim_buf_printf(out, "\n%s", mark);
    if (result >= 0)
        result = put_folded(text, sizeof mark - 1, style->width, out);
    return result < 0 ? result : scrim_buf_append_text(out, "\n");
}

static int put_tables(const json_t *status, const struct scrim_status_style *style,
                      struct scrim_buf *out)
{
    const json_t *disks = json_object_get(status, "disks");
    if (json_array_size(disks) == 0) // the keeper's view, then
        disks = json_object_get(json_object_get(status, "storage"), "disks");
    struct sheet cameras = {.status = status,
                            .rows = json_object_get(status, "cameras"),
                            .columns = camera_columns,
                            .count = sizeof camera_columns / sizeof *camera_columns,
                            .is_bad = camera_is_bad};
    struct sheet places = {.status = status,
                           .rows = disks,
                           .columns = disk_columns,
                           .count = sizeof disk_columns / sizeof *disk_columns,
                           .is_bad = disk_is_bad};
    const int result = put_sheet(&cameras, style, out);
    return result < 0 ? result : put_sheet(&places, style, out);
}

int scrim_status_print(const json_t *status, const struct scrim_status_style *style,
                       struct scrim_buf *out)
{
    int result = put_head(status, out);
    if (result >= 0)
        result =
            put_sentences(json_object_get(status, "problems"), "! ", style->colour, style, out);
    if (result >= 0)
        result = put_sentences(json_object_get(status, "notices"), "  ", false, style, out);
    if (result >= 0 && out->len > 2 && out->data[out->len - 2] != '\n')
        result = scrim_buf_append_text(out, "\n");
    if (result >= 0)
        result = put_programs(status, style, out);
    if (result >= 0)
        result = put_tables(status, style, out);
    return result < 0 ? result : put_admission(status, style, out);
}
