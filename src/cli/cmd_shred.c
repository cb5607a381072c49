// scrim shred: makes recorded hours unreadable for ever, backups included. The keeper does it;
// where none runs, this command does, under the same lock.
#include "base/clock.h"
#include "base/opt.h"
#include "cli/commands.h"
#include "keeper/shred.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_US (120 * SCRIM_SECOND) // for the keeper: a large ring on a slow disk
#define LINK_VERSION 1
#define LINK_BYTES 4096
#define HOUR_US INT64_C(3600000000)

struct args {
    const char *camera, *reason;
    int64_t from_us, to_us;
    bool yes;
};

static const struct scrim_opt options[] = {
    {"camera", 'c', SCRIM_OPT_TEXT, offsetof(struct args, camera), "ID", "the camera", 0, 0},
    {"from", 0, SCRIM_OPT_TIME, offsetof(struct args, from_us), "TIME",
     "such as 2026-11-23T09:00:00Z", 0, 0},
    {"to", 0, SCRIM_OPT_TIME, offsetof(struct args, to_us), "TIME", "the end, not included", 0, 0},
    {"reason", 0, SCRIM_OPT_TEXT, offsetof(struct args, reason), "TEXT", "why; it is logged", 0, 0},
    {"yes", 0, SCRIM_OPT_FLAG, offsetof(struct args, yes), NULL, "do not ask", 0, 0},
    {0},
};

static const struct scrim_opt_spec spec = {
    "scrim shred DIR --camera ID --from TIME --to TIME --reason TEXT",
    "Destroys the keys of every hour that the range touches. Nobody can open them any more, on no "
    "disk and in no backup.",
    options, 1, 1};

static int check_args(const struct args *args, struct scrim_error *error)
{
    if (!args->camera || args->from_us == 0 || args->to_us == 0)
        return scrim_fail(error, SCRIM_EINVAL, "--camera, --from and --to are needed");
    if (args->from_us < 0 || args->from_us >= args->to_us)
        return scrim_fail(error, SCRIM_EINVAL, "the range ends before it begins");
    if (strlen(args->camera) > SCRIM_CAMERA_ID_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "no camera has such a long id");
    if (!args->reason || args->reason[strspn(args->reason, " \t\r\n")] == '\0')
        return scrim_fail(error, SCRIM_EINVAL, "a reason is needed, and it is logged");
    if (strlen(args->reason) > SCRIM_SHRED_REASON_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "the reason is longer than %d bytes",
                          SCRIM_SHRED_REASON_MAX);
    return SCRIM_OK;
}

// Says which hours of the range have a key; returns how many.
static size_t list_hours(const struct scrim_hour_ring *ring, const struct scrim_hour_range *range)
{
    size_t count = 0;
    for (uint64_t hour = range->first; hour <= range->last; hour++) {
        char text[SCRIM_TIME_TEXT];
        if (!scrim_hour_ring_holds(ring, range->camera, hour))
            continue;
        scrim_time_format((int64_t)hour * HOUR_US, text);
        printf("  %s  %.13s h UTC\n", range->camera, text);
        count++;
    }
    return count;
}

static bool confirmed(size_t count, struct scrim_error *error)
{
    char answer[16] = "";
    if (!isatty(STDIN_FILENO)) {
        scrim_fail(error, SCRIM_EINVAL, "nobody is there to confirm: give --yes");
        return false;
    }
    printf("Nobody will ever open %s again. Type yes to shred: ",
           count == 1 ? "this hour" : "these hours");
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0)
        return true;
    scrim_fail(error, SCRIM_ECANCEL, "nothing was shredded");
    return false;
}

static int send_order(struct scrim_link *link, const struct scrim_hour_range *range,
                      const char *reason)
{
    const uint8_t hello[6] = {0, LINK_VERSION, 0, 0, 0, 0};
    struct scrim_buf body;
    scrim_buf_init(&body, 16 + SCRIM_SHRED_REASON_MAX);
    int result = scrim_link_send(link, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0);
    if (result >= 0)
        result = scrim_buf_append_u64(&body, range->first);
    if (result >= 0)
        result = scrim_buf_append_u64(&body, range->last);
    if (result >= 0)
        result = scrim_buf_append_text(&body, reason);
    if (result >= 0)
        result =
            scrim_link_send(link, SCRIM_LINK_SHRED, 0, range->camera, body.data, body.len, NULL, 0);
    scrim_buf_finish(&body);
    return result;
}

// 1: answered, with DONE or REFUSED in `ret`.
static int wait_for_answer(struct scrim_link *link, struct scrim_link_message *ret)
{
    const int64_t until_us = scrim_clock_mono_us() + PATIENCE_US;
    int result = scrim_link_flush(link);
    while (result >= 0) {
        const int64_t left_us = until_us - scrim_clock_mono_us();
        struct pollfd fd = {.fd = scrim_link_fd(link), .events = POLLIN};
        if (scrim_link_wants_write(link))
            fd.events |= POLLOUT;
        if (left_us <= 0)
            return SCRIM_ETIMEOUT;
        if (poll(&fd, 1, (int)(left_us / 1000) + 1) < 0 && errno != EINTR)
            return SCRIM_EIO;
        result = scrim_link_flush(link);
        int got = 0;
        while (result >= 0 && (got = scrim_link_receive(link, ret)) > 0) {
            if (ret->kind == SCRIM_LINK_DONE || ret->kind == SCRIM_LINK_REFUSED)
                return 1;
        }
        if (got < 0)
            result = got;
    }
    return result;
}

static int shred_through_keeper(int fd, const struct scrim_hour_range *range, const char *reason,
                                struct scrim_error *error)
{
    struct scrim_link *link = scrim_link_create(fd, LINK_BYTES);
    struct scrim_link_message answer;
    int result = send_order(link, range, reason);
    if (result >= 0)
        result = wait_for_answer(link, &answer);
    if (result < 0)
        scrim_fail(error, result,
                   "scrim-keeper gave no answer (%s): see with `scrim unseal` or once more with "
                   "this command what was shredded",
                   scrim_err_text(result));
    else if (answer.kind == SCRIM_LINK_REFUSED)
        result = scrim_fail(error, SCRIM_EACCESS, "%.*s", (int)answer.body_len,
                            (const char *)answer.body);
    else
        printf("%.*s\n", (int)answer.body_len, (const char *)answer.body);
    scrim_link_destroy(link);
    return result;
}

// What root writes must stay the keeper's, whose user owns the directory.
static int write_as_keeper(const struct scrim_site *site, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    if (geteuid() != 0)
        return SCRIM_OK;
    if (scrim_path_join(path, site->dir, SCRIM_HOURS_DIR) < 0 || stat(path, &info) < 0)
        return scrim_fail_errno(error, errno, "%s/" SCRIM_HOURS_DIR, site->dir);
    setfsgid(info.st_gid);
    setfsuid(info.st_uid);
    return SCRIM_OK;
}

static int shred_alone(const struct scrim_site *site, const struct scrim_hour_range *range,
                       struct scrim_error *error)
{
    struct scrim_hour_ring *ring = NULL;
    struct scrim_holds_guard *guard = NULL;
    const struct scrim_holds *holds;
    struct scrim_buf done;
    scrim_buf_init(&done, 1024);
    int result = write_as_keeper(site, error);
    if (result >= 0)
        result = scrim_hour_ring_open(site, &ring, error);
    if (result >= 0)
        result = scrim_holds_guard_create(site->dir, &guard, error);
    if (result >= 0)
        result = scrim_holds_begin(guard, &holds, error); // until the guard is destroyed
    if (result >= 0)
        result = scrim_shred(ring, range, holds, &done, error);
    if (result >= 0)
        printf("%.*s; no scrim-keeper runs, so the sealed files stay, worthless, until "
               "their retention is over\n",
               (int)done.len, (const char *)done.data);
    scrim_buf_finish(&done);
    scrim_holds_guard_destroy(guard);
    scrim_hour_ring_close(ring);
    return result;
}

static int shred(const struct scrim_site *site, const struct args *args, struct scrim_error *error)
{
    struct scrim_hour_ring *ring;
    struct scrim_hour_range range = {.first = scrim_hour_of(args->from_us),
                                     .last = scrim_hour_of(args->to_us - 1)};
    char path[SCRIM_PATH_MAX];
    snprintf(range.camera, sizeof range.camera, "%s", args->camera);
    if (scrim_path_join(path, site->dir, SCRIM_KEYS_SOCKET) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    int result = scrim_hour_ring_read(site, &ring, error);
    if (result < 0)
        return result;
    const size_t count = list_hours(ring, &range);
    scrim_hour_ring_close(ring);
    if (count == 0) {
        printf("camera %s: no hour of that range has a key: never recorded, or shredded already\n",
               args->camera);
        return SCRIM_OK;
    }
    if (!args->yes && !confirmed(count, error))
        return error->code;
    const int fd = scrim_link_connect(path, NULL);
    return fd >= 0 ? shred_through_keeper(fd, &range, args->reason, error)
                   : shred_alone(site, &range, error);
}

int scrim_cmd_shred(int argc, char **argv)
{
    struct args args = {0};
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, dir, &error);
    if (result < 0)
        return scrim_cmd_usage("shred", result, &error);
    result = check_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("shred", result, &error);
    struct scrim_site site = {0};
    result = scrim_site_load(dir[0], &site, &error);
    if (result >= 0)
        result = shred(&site, &args, &error);
    scrim_site_finish(&site);
    return result < 0 ? scrim_cmd_failed("shred", &error) : 0;
}
