#include "store/disk.h"

#include "base/alloc.h"
#include "base/queue.h"
#include "store/disk_place.h"
#include "store/disk_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What may wait while disks are busy with themselves, of all disks together: some seconds of a full
// site.
#define QUEUES_BYTES (128U << 20)
#define QUEUES_BYTES_CAMERA (2U << 20) // and so much more for each camera
#define WATCH_US SCRIM_SECOND
#define STOP_US (10 * SCRIM_SECOND) // for a disk to answer at the end

struct scrim_disk {
    const struct scrim_site *site;
    scrim_disk_report report;
    void *context;
    struct scrim_journal_writer *journals;
    struct scrim_disk_writer *writers[SCRIM_DISKS_MAX];
    unsigned writers_count;

    struct scrim_disk_member *members[SCRIM_DISK_CAMERAS_MAX];
    _Atomic unsigned members_count;
    struct scrim_disk_wish *wishes; // of the members, until they are placed
    bool started;

    pthread_t watch;
    bool watching;
    struct scrim_queue *watch_end; // nothing is ever put in: closing it ends the watch
    _Atomic uint64_t refused;      // records
};

static void on_report(void *context, const struct scrim_disk_member *member,
                      const struct scrim_error *why)
{
    struct scrim_disk *disk = context;
    disk->report(disk->context, member->id, why);
}

// Opens the place's root if it is the one that it should be.
static int open_root(const struct scrim_site *site, unsigned at, struct scrim_disk_root *ret,
                     struct scrim_error *error)
{
    ret->id = scrim_disks_id(site, at);
    ret->fd = -1;
    int result = scrim_disks_path(ret->path, site, at, NULL, NULL);
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", site->dir);
    result = scrim_disks_adopt(site, at, error);
    if (result >= 0)
        result = ret->fd = scrim_fs_open(ret->path, O_RDONLY | O_DIRECTORY, 0, error);
    return result;
}

static int add_writer(struct scrim_disk *disk, unsigned at, struct scrim_error *error)
{
    const struct scrim_site_config *config = disk->site->config;
    const unsigned disks = config->disks_count > 0 ? config->disks_count : 1;
    const size_t bytes = QUEUES_BYTES + (size_t)config->cameras_count * QUEUES_BYTES_CAMERA;
    char name[SCRIM_PATH_MAX + 64];
    struct scrim_error why = {0};
    scrim_disks_name(disk->site, at, name, sizeof name);
    struct scrim_disk_writer_setup setup = {
        .name = name,
        .queue_bytes = bytes / disks,
        .journals = disk->journals,
        .report = on_report,
        .context = disk,
    };
    const int result = open_root(disk->site, at, &setup.root, &why);
    if (result < 0 && at == 0)
        return scrim_fail(error, result, "%s", why.text);
    struct scrim_disk_writer *writer = scrim_disk_writer_create(&setup);
    disk->writers[disk->writers_count++] = writer;
    if (result < 0)
        scrim_disk_health_set_gone(scrim_disk_writer_health(writer),
                                   scrim_disks_look(disk->site, at, NULL) == SCRIM_DISK_FOREIGN
                                       ? SCRIM_DISK_IS_FOREIGN
                                       : SCRIM_DISK_IS_ABSENT,
                                   &why);
    return SCRIM_OK;
}

static void destroy(struct scrim_disk *disk)
{
    for (unsigned i = 0; i < disk->writers_count; i++)
        scrim_disk_writer_destroy(disk->writers[i]);
    scrim_journal_writer_destroy(disk->journals);
    for (unsigned i = 0; i < atomic_load(&disk->members_count); i++) {
        scrim_ledger_destroy(disk->members[i]->ledger);
        free(disk->members[i]);
    }
    scrim_queue_destroy(disk->watch_end, NULL);
    free(disk->wishes);
    free(disk);
}

int scrim_disk_create(const struct scrim_site *site, const struct scrim_device_key *key,
                      scrim_disk_report report, void *context, struct scrim_disk **ret,
                      struct scrim_error *error)
{
    struct scrim_disk *disk = scrim_new(struct scrim_disk);
    disk->site = site;
    disk->report = report;
    disk->context = context;
    disk->wishes = scrim_new_array(SCRIM_DISK_CAMERAS_MAX, struct scrim_disk_wish);
    disk->watch_end = scrim_queue_create(1, 1);
    int result = scrim_journal_writer_create(site->dir, key, &disk->journals, error);
    for (unsigned at = 0; at < scrim_disks_count(site) && result >= 0; at++) {
        if (scrim_disks_takes_segments(site, at))
            result = add_writer(disk, at, error);
    }
    if (result < 0) {
        destroy(disk);
        return result;
    }
    *ret = disk;
    return SCRIM_OK;
}

static struct scrim_disk_member *find(const struct scrim_disk *disk, const char *camera)
{
    const unsigned count = atomic_load(&disk->members_count);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(disk->members[i]->id, camera) == 0)
            return disk->members[i];
    }
    return NULL;
}

// The writer of a disk's id, -1: there is none.
static int writer_of(const struct scrim_disk *disk, const char *id)
{
    const int at = scrim_disks_find(disk->site, id, NULL);
    if (at < 0 || !scrim_disks_takes_segments(disk->site, (unsigned)at))
        return -1;
    return at == 0 ? 0 : at - 1;
}

static bool is_well(struct scrim_disk_writer *writer)
{
    return scrim_disk_health_state(scrim_disk_writer_health(writer)) == SCRIM_DISK_IS_OK;
}

// What every disk can take now, without what `except` takes already.
static void take_stock(struct scrim_disk *disk, const struct scrim_disk_member *except,
                       struct scrim_disk_room rooms[SCRIM_DISKS_MAX])
{
    for (unsigned i = 0; i < disk->writers_count; i++) {
        struct scrim_disk_place place;
        scrim_disk_health_stats(scrim_disk_writer_health(disk->writers[i]), &place);
        rooms[i] = (struct scrim_disk_room){.well = place.state == SCRIM_DISK_IS_OK,
                                            .total_bytes = place.total_bytes,
                                            .free_bytes = place.free_bytes};
    }
    for (unsigned i = 0; i < atomic_load(&disk->members_count); i++) {
        const struct scrim_disk_member *member = disk->members[i];
        const int home = atomic_load(&member->home);
        if (member != except && home >= 0)
            rooms[home].load += atomic_load(&member->rate);
    }
}

// The best disk for the camera but the one it has; -1 if no other is well.
static int other_disk(struct scrim_disk *disk, const struct scrim_disk_member *member, int has)
{
    struct scrim_disk_room rooms[SCRIM_DISKS_MAX];
    if (disk->writers_count == 1)
        return -1;
    take_stock(disk, member, rooms);
    if (has >= 0)
        rooms[has].well = false;
    return scrim_disk_place_choose(rooms, disk->writers_count, atomic_load(&member->rate));
}

static void place_all(struct scrim_disk *disk)
{
    const unsigned count = atomic_load(&disk->members_count);
    struct scrim_disk_room rooms[SCRIM_DISKS_MAX];
    int *places = scrim_new_array(count + 1, int);
    take_stock(disk, NULL, rooms);
    scrim_disk_place_all(rooms, disk->writers_count, disk->wishes, count, places);
    for (unsigned i = 0; i < count; i++)
        atomic_store(&disk->members[i]->home, places[i] >= 0 ? places[i] : 0);
    free(places);
}

int scrim_disk_add_camera(struct scrim_disk *disk, const char *camera,
                          const struct scrim_journal_head *head)
{
    const unsigned at = atomic_load(&disk->members_count);
    if (find(disk, camera))
        return SCRIM_EEXIST;
    if (at == SCRIM_DISK_CAMERAS_MAX)
        return SCRIM_ENOSPACE;
    struct scrim_disk_member *member = scrim_new(struct scrim_disk_member);
    const uint64_t rate = head->rate > 0 ? head->rate : SCRIM_DISK_RATE_GUESS;
    snprintf(member->id, sizeof member->id, "%s", camera);
    member->index = at;
    member->ledger = scrim_ledger_create();
    atomic_init(&member->home, -1);
    atomic_init(&member->writing, -1);
    atomic_init(&member->rate, rate);
    const int result = scrim_journal_writer_add(disk->journals, camera, head, member->ledger);
    if (result < 0) {
        scrim_ledger_destroy(member->ledger);
        free(member);
        return result;
    }
    disk->wishes[at] = (struct scrim_disk_wish){writer_of(disk, head->disk), rate};
    disk->members[at] = member;
    if (disk->started) {
        const int was = disk->wishes[at].disk;
        const int place =
            was >= 0 && is_well(disk->writers[was]) ? was : other_disk(disk, member, was);
        atomic_store(&member->home, place >= 0 ? place : 0);
    }
    atomic_store(&disk->members_count, at + 1);
    return SCRIM_OK;
}

// A disk whose thread does not come back cannot tell its cameras. They can go elsewhere if there is
// a disk that is well; if not, they wait for it.
static void watch_writer(struct scrim_disk *disk, unsigned at)
{
    struct scrim_disk_writer *writer = disk->writers[at];
    const int64_t busy_us = scrim_disk_writer_busy_us(writer);
    if (busy_us < SCRIM_DISK_HUNG_US)
        return;
    const bool was_well = is_well(writer);
    char why[64];
    struct scrim_error error;
    snprintf(why, sizeof why, "has not answered for %.0f s", (double)busy_us / SCRIM_SECOND);
    scrim_disk_health_slow(scrim_disk_writer_health(writer), why);
    if (!was_well)
        return;
    scrim_disk_health_why(scrim_disk_writer_health(writer), &error);
    for (unsigned i = 0; i < atomic_load(&disk->members_count); i++) {
        const struct scrim_disk_member *member = disk->members[i];
        if (atomic_load(&member->writing) == (int)at && other_disk(disk, member, (int)at) >= 0)
            on_report(disk, member, &error);
    }
}

static void *watch(void *pointer)
{
    struct scrim_disk *disk = pointer;
    while (!scrim_queue_closed(disk->watch_end)) {
        (void)scrim_queue_pop(disk->watch_end, WATCH_US);
        for (unsigned i = 0; i < disk->writers_count; i++)
            watch_writer(disk, i);
    }
    return NULL;
}

int scrim_disk_start(struct scrim_disk *disk, struct scrim_error *error)
{
    place_all(disk);
    disk->started = true;
    int result = scrim_journal_writer_start(disk->journals, error);
    for (unsigned i = 0; i < disk->writers_count && result >= 0; i++)
        result = scrim_disk_writer_start(disk->writers[i], error);
    if (result < 0)
        return result;
    const int failed = pthread_create(&disk->watch, NULL, watch, disk);
    if (failed)
        return scrim_fail_errno(error, failed, "cannot start the disks' watch");
    disk->watching = true;
    return SCRIM_OK;
}

// The disk takes no more. That makes it slow, if others are well and could do better.
static int refused(struct scrim_disk *disk, const struct scrim_disk_member *member, int at)
{
    if (is_well(disk->writers[at]) && other_disk(disk, member, at) >= 0)
        scrim_disk_health_slow(scrim_disk_writer_health(disk->writers[at]),
                               "does not keep up: its queue is full");
    return SCRIM_EAGAIN;
}

static void measure(struct scrim_disk_member *member, const struct scrim_record *record)
{
    const int64_t took_us = record->mono_end_us - record->mono_start_us;
    if (took_us >= SCRIM_SECOND)
        atomic_store(&member->rate, member->bytes * (uint64_t)SCRIM_SECOND / (uint64_t)took_us);
}

// A disk that takes nothing more does not keep the camera, if there is another.
static int close_segment(struct scrim_disk *disk, struct scrim_disk_member *member,
                         struct scrim_buf *bytes, const struct scrim_record *record)
{
    const int writing = atomic_load(&member->writing), at = writing >= 0 ? writing : 0;
    int result = scrim_disk_writer_close(disk->writers[at], member, bytes, record);
    if (result == SCRIM_EAGAIN) {
        result = refused(disk, member, at);
        if (!is_well(disk->writers[at]) && other_disk(disk, member, at) >= 0)
            result = scrim_disk_writer_abandon(disk->writers[at], member, record);
        if (result >= 0)
            scrim_buf_finish(bytes);
    }
    if (result >= 0) {
        atomic_store(&member->writing, -1);
        measure(member, record);
    }
    return result;
}

static int close_unclosed(struct scrim_disk *disk, struct scrim_disk_member *member, int64_t end_us)
{
    struct scrim_record record = {
        .type = SCRIM_RECORD_SEGMENT, .start_us = member->start_us, .end_us = end_us, .torn = true};
    struct scrim_buf nothing = {0};
    snprintf(record.detail, sizeof record.detail, "the next segment began before this one ended");
    return close_segment(disk, member, &nothing, &record);
}

int scrim_disk_open(struct scrim_disk *disk, const char *camera, int64_t start_utc_us,
                    struct scrim_buf *bytes)
{
    struct scrim_disk_member *member = find(disk, camera);
    if (!member)
        return SCRIM_ENOENT;
    if (atomic_load(&member->writing) >= 0) {
        const int closed = close_unclosed(disk, member, start_utc_us);
        if (closed < 0)
            return closed;
    }
    const int home = atomic_load(&member->home);
    const int better = is_well(disk->writers[home]) ? -1 : other_disk(disk, member, home);
    const int at = better >= 0 ? better : home;
    const size_t count = bytes->len;
    member->generation++;
    const int result = scrim_disk_writer_open(disk->writers[at], member, start_utc_us, bytes);
    if (result < 0)
        return result;
    member->start_us = start_utc_us;
    member->bytes = count;
    atomic_store(&member->home, at);
    atomic_store(&member->writing, at);
    return SCRIM_OK;
}

typedef int (*push)(struct scrim_disk_writer *writer, struct scrim_disk_member *member,
                    struct scrim_buf *bytes);

static int give(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes, push function)
{
    struct scrim_disk_member *member = find(disk, camera);
    if (!member)
        return SCRIM_ENOENT;
    const int writing = atomic_load(&member->writing), at = writing >= 0 ? writing : 0;
    const size_t count = bytes->len;
    const int result = function(disk->writers[at], member, bytes);
    if (result >= 0)
        member->bytes += count;
    return result == SCRIM_EAGAIN ? refused(disk, member, at) : result;
}

int scrim_disk_append(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes)
{
    return give(disk, camera, bytes, scrim_disk_writer_append);
}

int scrim_disk_tail(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes)
{
    return give(disk, camera, bytes, scrim_disk_writer_tail);
}

int scrim_disk_close(struct scrim_disk *disk, const char *camera, struct scrim_buf *bytes,
                     const struct scrim_record *record)
{
    struct scrim_disk_member *member = find(disk, camera);
    return member ? close_segment(disk, member, bytes, record) : SCRIM_ENOENT;
}

int scrim_disk_record(struct scrim_disk *disk, const char *camera,
                      const struct scrim_record *record)
{
    struct scrim_disk_member *member = find(disk, camera);
    if (!member)
        return SCRIM_ENOENT;
    const int result = scrim_ledger_add(member->ledger, record);
    if (result < 0)
        atomic_fetch_add(&disk->refused, 1);
    else
        scrim_journal_writer_wake(disk->journals);
    return result;
}

void scrim_disk_stats(struct scrim_disk *disk, struct scrim_disk_stats *ret)
{
    struct scrim_journal_writer_stats journals;
    scrim_journal_writer_stats(disk->journals, &journals);
    *ret = (struct scrim_disk_stats){.records = journals.records,
                                     .refused = atomic_load(&disk->refused),
                                     .last_error = journals.last_error,
                                     .journal_flush = journals.flush};
    snprintf(ret->last_error_text, sizeof ret->last_error_text, "%s", journals.last_error_text);
    for (unsigned i = 0; i < disk->writers_count; i++) {
        struct scrim_disk_place place;
        struct scrim_error why;
        scrim_disk_writer_stats(disk->writers[i], &place, &why);
        ret->bytes_written += place.bytes_written;
        ret->segments += place.segments;
        ret->queued_bytes += place.queued_bytes;
        ret->refused += place.refused;
        if (why.code < 0) {
            ret->last_error = why.code;
            snprintf(ret->last_error_text, sizeof ret->last_error_text, "%s", why.text);
        }
    }
}

unsigned scrim_disk_places(const struct scrim_disk *disk)
{
    return disk->writers_count;
}

void scrim_disk_place_stats(struct scrim_disk *disk, unsigned at, struct scrim_disk_place *ret)
{
    struct scrim_error ignored;
    *ret = (struct scrim_disk_place){0};
    scrim_disk_writer_stats(disk->writers[at], ret, &ignored);
    for (unsigned i = 0; i < atomic_load(&disk->members_count); i++)
        ret->cameras += atomic_load(&disk->members[i]->home) == (int)at;
}

int scrim_disk_camera_place(struct scrim_disk *disk, const char *camera)
{
    const struct scrim_disk_member *member = find(disk, camera);
    return member ? atomic_load(&member->home) : -1;
}

bool scrim_disk_complaint(struct scrim_disk *disk, const char *camera, struct scrim_error *ret)
{
    const struct scrim_disk_member *member = find(disk, camera);
    const int home = member ? atomic_load(&member->home) : -1;
    struct scrim_disk_stats all;
    if (home < 0)
        return false;
    struct scrim_disk_place place;
    scrim_disk_writer_stats(disk->writers[home], &place, ret);
    if (ret->code >= 0 && place.state != SCRIM_DISK_IS_OK)
        scrim_fail(ret, SCRIM_EIO, "%s", place.sentence);
    if (ret->code >= 0) {
        scrim_disk_stats(disk, &all);
        if (all.last_error < 0)
            scrim_fail(ret, all.last_error, "%s", all.last_error_text);
    }
    return ret->code < 0;
}

void scrim_disk_stop(struct scrim_disk *disk)
{
    if (!disk)
        return;
    bool ended = true;
    scrim_queue_close(disk->watch_end);
    if (disk->watching)
        pthread_join(disk->watch, NULL);
    for (unsigned i = 0; i < disk->writers_count; i++)
        scrim_disk_writer_end(disk->writers[i]);
    const int64_t deadline_us = scrim_clock_mono_us() + STOP_US;
    for (unsigned i = 0; i < disk->writers_count; i++) {
        const int64_t left_us = deadline_us - scrim_clock_mono_us();
        ended &= scrim_disk_writer_join(disk->writers[i], left_us > 0 ? left_us : 0);
    }
    ended &= scrim_journal_writer_stop(disk->journals, STOP_US);
    if (ended) // else a thread that hangs still uses it
        destroy(disk);
}
