#include "cli/gaps.h"
#include "cli/status.h"
#include "desk/storage_state.h"
#include "link/link.h"
#include "store/act_log.h"
#include "vault/test_opening.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MAX (16U << 20) // a thousand cameras are one of them
#define STORAGE_MAX (1U << 20)
#define LOCKS_MAX (4U << 20)
#define PID_MAX 64
#define PATIENCE_S 5

// ---- What the desk tells.

static int read_told(int fd, struct scrim_buf *out, struct scrim_error *error)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        return scrim_fail_errno(error, errno, "cannot limit the wait for the desk");
    for (;;) {
        uint8_t chunk[16384];
        const ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0)
            return SCRIM_OK;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "the desk does not answer");
        if (scrim_buf_append(out, chunk, (size_t)got) < 0)
            return scrim_fail(error, SCRIM_EFORMAT, "the desk tells too much");
    }
}

static int ask_desk(const struct scrim_site *site, json_t **ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    if (scrim_path_join(path, site->dir, "run/status.sock") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const int fd = scrim_link_connect(path, error);
    if (fd < 0)
        return fd;
    scrim_buf_init(&text, TOLD_MAX);
    int result = read_told(fd, &text, error);
    close(fd);
    json_t *told =
        result < 0 ? NULL
                   : json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (result >= 0 && (json_integer_value(json_object_get(told, "v")) != 1 ||
                        !json_is_array(json_object_get(told, "cameras"))))
        result =
            scrim_fail(error, SCRIM_EFORMAT,
                       "%s: the desk's answer is not understood: is it of another version?", path);
    scrim_buf_finish(&text);
    if (result < 0)
        json_decref(told);
    else
        *ret = told;
    return result;
}

// ---- What can be seen without it.

static size_t leading_digits(const struct scrim_buf *text)
{
    size_t count = 0;
    while (count < text->len && text->data[count] >= '0' && text->data[count] <= '9')
        count++;
    return count;
}

// The pid that scrim_fs_lock wrote into a lock's file; false if there is none to be read.
static bool read_holder(const char *path, struct scrim_buf *out)
{
    const bool read = scrim_fs_read(path, out, NULL) >= 0;
    out->len = read ? leading_digits(out) : 0;
    return out->len > 0 && scrim_buf_append_u8(out, '\0') >= 0;
}

// Whether somebody holds the lock of a file (scrim_fs_lock), without touching the lock: a program
// that starts just now must get it. Lines of proc_locks(5) end in "WRITE PID MAJOR:MINOR:INODE 0
// EOF"; the device is not compared, for some file systems tell another one there.
static bool is_locked(const struct scrim_site *site, const char *below)
{
    char path[SCRIM_PATH_MAX], holder[64], inode[64];
    struct stat info;
    struct scrim_buf pid, locks;
    struct scrim_reader reader;
    const char *line;
    size_t length;
    bool found = false;
    if (scrim_path_join(path, site->dir, below) < 0 || stat(path, &info) < 0)
        return false;
    scrim_buf_init(&pid, PID_MAX);
    scrim_buf_init(&locks, LOCKS_MAX);
    if (read_holder(path, &pid) && scrim_fs_read("/proc/locks", &locks, NULL) >= 0) {
        snprintf(holder, sizeof holder, " WRITE %s ", (const char *)pid.data);
        snprintf(inode, sizeof inode, ":%ju ", (uintmax_t)info.st_ino);
        reader = scrim_reader_of(locks.data, locks.len);
        while (!found && scrim_read_line(&reader, &line, &length))
            found = memmem(line, length, holder, strlen(holder)) &&
                    memmem(line, length, inode, strlen(inode));
    }
    scrim_buf_finish(&pid);
    scrim_buf_finish(&locks);
    return found;
}

static json_t *storage_from_file(const struct scrim_site *site)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    json_t *report = NULL;
    scrim_buf_init(&text, STORAGE_MAX);
    if (scrim_path_join(path, site->dir, "run/storage.json") >= 0 &&
        scrim_fs_read(path, &text, NULL) >= 0)
        report = scrim_storage_report_parse(text.data, text.len);
    scrim_buf_finish(&text);
    return report ? report : json_null();
}

static json_t *cameras_from_file(const struct scrim_site *site)
{
    const struct scrim_site_config *config = site->config;
    json_t *list = json_array();
    for (unsigned i = 0; i < config->cameras_count; i++) {
        const struct scrim_camera_config *camera = &config->cameras[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:i,s:s}", "id", camera->id, "name",
                                              camera->name ? camera->name : camera->id,
                                              "retention_hours", (int)camera->retention_hours,
                                              "record", scrim_keep_text(camera->keep)));
    }
    return list;
}

static json_t *status_from_files(const struct scrim_site *site)
{
    return json_pack("{s:{s:b,s:b,s:b,s:b,s:n},s:o,s:[],s:o}", "programs", "desk", false,
                     "recorder", is_locked(site, SCRIM_RECORDER_LOCK), "keeper",
                     is_locked(site, SCRIM_HOURS_DIR "/lock"), "opener",
                     is_locked(site, SCRIM_OPENINGS_LOCK), "veil", "cameras",
                     cameras_from_file(site), "disks", "storage", storage_from_file(site));
}

static json_t *status_from_desk(const json_t *told)
{
    return json_pack("{s:{s:b,s:O,s:O,s:b,s:O},s:O,s:O,s:O}", "programs", "desk", true, "recorder",
                     json_object_get(told, "recorder"), "keeper", json_object_get(told, "keeper"),
                     "opener", json_is_true(json_object_get(told, "opener")), "veil",
                     json_object_get(told, "veil"), "cameras", json_object_get(told, "cameras"),
                     "disks", json_object_get(told, "disks"), "storage",
                     json_object_get(told, "storage"));
}

// ---- The last day, from the journals.

static json_t *day_json(const struct scrim_gaps *gaps)
{
    struct scrim_gaps_total totals[SCRIM_GAP_CAUSES];
    json_t *by = json_object();
    int64_t unknown_us = 0;
    scrim_gaps_add_up(gaps, totals);
    for (unsigned i = 0; i < SCRIM_GAP_CAUSES; i++) {
        if (totals[i].count > 0)
            json_object_set_new(by, scrim_gap_cause_text((enum scrim_gap_cause)i),
                                json_pack("{s:I,s:I}", "count", (json_int_t)totals[i].count, "us",
                                          (json_int_t)totals[i].length_us));
    }
    for (size_t i = 0; i < gaps->unknown_count; i++)
        unknown_us += gaps->unknown[i].to_us - gaps->unknown[i].from_us;
    const size_t count = gaps->recorded_count;
    return json_pack("{s:o,s:I,s:o}", "recorded_to_us",
                     count > 0 ? json_integer(gaps->recorded[count - 1].to_us) : json_null(),
                     "unknown_us", (json_int_t)unknown_us, "gaps", by);
}

static void add_day(const struct scrim_site *site, json_t *camera, int64_t now_us)
{
    const char *id = json_string_value(json_object_get(camera, "id"));
    const struct scrim_gaps_span asked = {now_us - SCRIM_STATUS_DAY_US, now_us};
    struct scrim_gaps gaps;
    json_t *day = json_null();
    // An id that scrim.yaml does not know (any more) is not looked for in the file system.
    if (id && scrim_site_camera(site, id) &&
        scrim_gaps_read(site->dir, id, asked, now_us, &gaps, NULL) >= 0) {
        day = day_json(&gaps);
        scrim_gaps_finish(&gaps);
    }
    json_object_set_new(camera, "day", day);
}

// Whether recording may begin with it.
static json_t *vault_json(const struct scrim_site *site)
{
    struct scrim_vault vault;
    struct scrim_error error;
    const bool live = scrim_vault_load_live(site->dir, &vault, &error) >= 0;
    return json_pack("{s:b,s:s?}", "live", live, "why", live ? NULL : error.text);
}

static json_t *left_out_json(const struct scrim_site *site)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < site->faults_count; i++)
        json_array_append_new(list, json_string(site->faults[i].text));
    return list;
}

int scrim_status_gather(const struct scrim_site *site, int64_t now_us, json_t **ret,
                        struct scrim_error *error)
{
    json_t *told = NULL;
    struct scrim_error why = {0};
    const int asked = ask_desk(site, &told, &why);
    json_t *status = asked >= 0 ? status_from_desk(told) : status_from_files(site);
    json_decref(told);
    if (!status)
        return scrim_fail(error, SCRIM_EFORMAT, "the status cannot be put together");
    json_object_set_new(status, "v", json_integer(1));
    json_object_set_new(status, "at_us", json_integer(now_us));
    json_object_set_new(status, "source", json_string(asked >= 0 ? "desk" : "files"));
    if (asked < 0)
        json_object_set_new(status, "why", json_string(why.text));
    json_object_set_new(status, "left_out", left_out_json(site));
    json_object_set_new(status, "vault", vault_json(site));
    json_object_set_new(status, "site",
                        json_pack("{s:s,s:s}", "id", site->config->id, "name", site->config->name));
    const json_t *cameras = json_object_get(status, "cameras");
    for (size_t i = 0; i < json_array_size(cameras); i++)
        add_day(site, json_array_get(cameras, i), now_us);
    *ret = status;
    return SCRIM_OK;
}
