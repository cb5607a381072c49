#include "desk/metrics.h"

#include "desk/api.h"
#include "desk/glass_side.h"
#include "desk/storage_state.h"
#include "store/disk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BYTES_MAX (16U << 20)
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define MICRO 1e6

// The text so far; the first failure ends it.
struct page {
    const struct scrim_desk *desk;
    struct scrim_buf *out;
    int result;
};

static SCRIM_PRINTF(2, 3) void put(struct page *page, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (page->result >= 0 && (length < 0 || (size_t)length >= sizeof line))
        page->result = SCRIM_EINTERNAL;
    if (page->result >= 0)
        page->result = scrim_buf_append(page->out, line, (size_t)length);
}

static void family(struct page *page, const char *name, const char *type, const char *help)
{
    put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct page *page, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    family(page, name, type, help);
    put(page, "%s %" PRIu64 "\n", name, value);
}

// ---- Programs.

static void put_programs(struct page *page)
{
    const struct scrim_desk *desk = page->desk;
    const struct scrim_live_stats live = scrim_live_stats(desk->live);
    family(page, "scrim_build_info", "gauge", "Version of scrimd.");
    put(page, "scrim_build_info{version=\"%s\"} 1\n", SCRIM_VERSION);
    single(page, "scrim_recorder_connected", "gauge", "Whether the recorder talks to the desk.",
           scrim_peers_recorder(desk->peers));
    single(page, "scrim_keeper_connected", "gauge", "Whether the keeper talks to the desk.",
           scrim_peers_keeper(desk->peers));
    family(page, "scrim_veil_connected", "gauge", "Whether a veil worker talks to the desk.");
    for (unsigned i = 0; i < scrim_peers_workers(desk->peers); i++)
        put(page, "scrim_veil_connected{worker=\"%u\"} %d\n", i,
            scrim_peers_worker(desk->peers, i));
    single(page, "scrim_desk_viewers", "gauge", "Live pictures being watched.", live.viewers);
    single(page, "scrim_desk_viewer_frames_dropped_total", "counter",
           "Redacted frames not sent to slow viewers.", live.frames_dropped);
    single(page, "scrim_desk_archive_frames_dropped_total", "counter",
           "Redacted frames that a slow disk did not take.", scrim_archive_dropped(desk->archive));
}

// ---- Cameras.

enum unit { COUNT, MICROSECONDS, REAL };

// A member of struct scrim_camera_status. Add a figure of cameras: one line here.
struct camera_metric {
    const char *name, *type, *help;
    size_t offset;
    enum unit unit;
    bool of_feed; // known only while the camera is connected
};

#define AT(member) offsetof(struct scrim_camera_status, member)
static const struct camera_metric camera_metrics[] = {
    {"scrim_camera_bitrate_bits", "gauge", "Bits a second that the camera sends.", AT(bitrate),
     COUNT, false},
    {"scrim_camera_frames_per_second", "gauge", "Pictures a second that the camera sends.", AT(fps),
     REAL, false},
    {"scrim_camera_since_timestamp_seconds", "gauge",
     "When the recording, or the gap, that there is now began.", AT(since_us), MICROSECONDS, false},
    {"scrim_camera_frames_total", "counter", "Pictures recorded.", AT(frames), COUNT, false},
    {"scrim_camera_lost_pictures_total", "counter",
     "Pictures that did not come whole, or came and were not recorded.", AT(lost), COUNT, false},
    {"scrim_camera_reconnects_total", "counter", "Connections after the first.", AT(reconnects),
     COUNT, false},
    {"scrim_camera_veil_dropped_frames_total", "counter", "Frames that the veil did not take.",
     AT(veil_drops), COUNT, false},
    {"scrim_camera_rtp_packets_total", "counter", "RTP packets of this connection.",
     AT(feed.packets), COUNT, true},
    {"scrim_camera_rtp_packets_lost_total", "counter", "RTP packets missing in this connection.",
     AT(feed.lost_packets), COUNT, true},
    {"scrim_camera_ingest_dropped_pictures_total", "counter",
     "Pictures of this connection given up because the recorder was slow.", AT(feed.dropped), COUNT,
     true},
    {"scrim_camera_rtp_jitter_seconds", "gauge", "Interarrival jitter (RFC 3550, 6.4.1).",
     AT(feed.jitter_us), MICROSECONDS, true},
};

static bool is_known(const struct scrim_camera_status *status)
{
    return strcmp(status->state, "unknown") != 0;
}

static const char *id_of(const struct page *page, unsigned camera)
{
    return page->desk->site.config->cameras[camera].id;
}

static void put_value(struct page *page, const void *value, enum unit unit)
{
    if (unit == REAL)
        put(page, "%.3f\n", *(const double *)value);
    else if (unit == MICROSECONDS)
        put(page, "%.6f\n", (double)*(const int64_t *)value / MICRO);
    else
        put(page, "%" PRId64 "\n", *(const int64_t *)value);
}

static void put_camera_metric(struct page *page, const struct camera_metric *metric)
{
    family(page, metric->name, metric->type, metric->help);
    for (unsigned i = 0; i < page->desk->site.config->cameras_count; i++) {
        const struct scrim_camera_status *status = &page->desk->status[i];
        if (!is_known(status) || (metric->of_feed && !status->feed.connected))
            continue;
        put(page, "%s{camera=\"%s\"} ", metric->name, id_of(page, i));
        put_value(page, (const char *)status + metric->offset, metric->unit);
    }
}

static void put_recording(struct page *page)
{
    const struct scrim_desk *desk = page->desk;
    family(
        page, "scrim_camera_recording", "gauge",
        "1 while the camera is recorded, or its pictures come where no original is kept, else 0.");
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++) {
        if (is_known(&desk->status[i]))
            put(page, "scrim_camera_recording{camera=\"%s\"} %d\n", id_of(page, i),
                strcmp(desk->status[i].state, "recording") == 0 ||
                    strcmp(desk->status[i].state, "watching") == 0);
    }
}

static void put_gaps(struct page *page)
{
    const struct scrim_desk *desk = page->desk;
    family(page, "scrim_camera_gaps_total", "counter", "Gaps in the recording by their cause.");
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++) {
        for (unsigned cause = 0; cause < SCRIM_GAP_CAUSES && is_known(&desk->status[i]); cause++)
            put(page, "scrim_camera_gaps_total{camera=\"%s\",cause=\"%s\"} %" PRId64 "\n",
                id_of(page, i), scrim_gap_cause_text((enum scrim_gap_cause)cause),
                desk->status[i].gaps_by[cause]);
    }
}

static void put_clock_offset(struct page *page)
{
    const struct scrim_desk *desk = page->desk;
    family(page, "scrim_camera_clock_offset_seconds", "gauge",
           "The camera's clock minus the host's, by its newest sender report.");
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++) {
        const struct scrim_camera_feed *feed = &desk->status[i].feed;
        if (feed->connected && feed->has_clock_offset)
            put(page, "scrim_camera_clock_offset_seconds{camera=\"%s\"} %.6f\n", id_of(page, i),
                (double)feed->clock_offset_us / MICRO);
    }
}

static void put_veil_state(struct page *page)
{
    static const char *const states[] = {"live", "opaque", "waiting", "down"};
    const struct scrim_desk *desk = page->desk;
    family(page, "scrim_camera_veil_state", "gauge", "1 for the state of the redacted picture.");
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++) {
        const char *state = scrim_live_state_text(desk->live, i);
        for (size_t j = 0; j < sizeof states / sizeof *states; j++)
            put(page, "scrim_camera_veil_state{camera=\"%s\",state=\"%s\"} %d\n", id_of(page, i),
                states[j], strcmp(state, states[j]) == 0);
    }
}

// ---- Requests for openings.

struct request_counts {
    int64_t now_us;
    unsigned states[SCRIM_REQUEST_STATES], escalated;
};

static void count_request(void *context, const struct scrim_request_entry *entry)
{
    struct request_counts *counts = context;
    const enum scrim_request_state state = scrim_request_state(entry, counts->now_us);
    counts->states[state]++;
    counts->escalated += state == SCRIM_REQUEST_WAITING && entry->escalated_us > 0;
}

static void put_requests(struct page *page)
{
    struct scrim_requests *requests = page->desk->requests;
    struct request_counts counts = {.now_us = scrim_requests_now(requests)};
    const struct scrim_request_latency latency = scrim_requests_latency(requests);
    scrim_requests_each(requests, count_request, &counts);
    family(page, "scrim_requests", "gauge", "Requests for openings by their state.");
    for (unsigned i = 0; i < SCRIM_REQUEST_STATES; i++)
        put(page, "scrim_requests{state=\"%s\"} %u\n",
            scrim_request_state_text((enum scrim_request_state)i), counts.states[i]);
    single(page, "scrim_requests_escalated", "gauge",
           "Requests that wait and that nobody answered in time.", counts.escalated);
    family(page, "scrim_request_approval_seconds", "summary",
           "From making a request to the approval that was enough.");
    if (latency.count > 0) {
        put(page, "scrim_request_approval_seconds{quantile=\"0.5\"} %.3f\n", latency.median_s);
        put(page, "scrim_request_approval_seconds{quantile=\"0.9\"} %.3f\n", latency.p90_s);
    }
    put(page, "scrim_request_approval_seconds_sum %.3f\n", latency.sum_s);
    put(page, "scrim_request_approval_seconds_count %u\n", latency.count);
}

// Absent without the keeper, which alone knows.
static void put_glass(struct page *page)
{
    const json_t *now = scrim_glass_side_now(page->desk->glass);
    const json_t *due = json_object_get(now, "due");
    const int64_t now_us = scrim_clock_utc_us();
    int64_t longest_us = 0;
    if (!now)
        return;
    for (size_t i = 0; i < json_array_size(due); i++) {
        const int64_t until_us =
            json_integer_value(json_object_get(json_array_get(due, i), "until_us"));
        if (now_us - until_us > longest_us)
            longest_us = now_us - until_us;
    }
    single(page, "scrim_glass_broken", "gauge", "Whether somebody sees originals at this moment.",
           scrim_glass_side_operator(page->desk->glass) != NULL);
    single(page, "scrim_glass_review_due_seconds", "gauge",
           "How long the oldest review of a break of glass has been missing; 0: none is.",
           (uint64_t)(longest_us / SCRIM_SECOND));
}

// ---- Disks. Label values in brackets can be no id of scrim.yaml.

static const char *disk_name(const char *id)
{
    return id[0] != '\0' ? id : "(site)";
}

struct disk_metric {
    const char *name, *type, *help;
    size_t offset; // of an int64_t in struct scrim_disk_status
};

#define DISK_AT(member) offsetof(struct scrim_disk_status, member)
static const struct disk_metric disk_metrics[] = {
    {"scrim_disk_total_bytes", "gauge", "Size of the disk.", DISK_AT(total)},
    {"scrim_disk_free_bytes", "gauge", "What is free on it.", DISK_AT(free)},
    {"scrim_disk_queue_bytes", "gauge", "Sealed bytes that wait to be written.", DISK_AT(queued)},
    {"scrim_disk_written_bytes_total", "counter", "Sealed bytes written.", DISK_AT(written)},
    {"scrim_disk_refused_total", "counter", "Writes that found the queue full.", DISK_AT(refused)},
    {"scrim_disk_segments_total", "counter", "Segments written.", DISK_AT(segments)},
};

static void put_disk_metric(struct page *page, const struct disk_metric *metric)
{
    const struct scrim_disk_report *report = &page->desk->disks;
    family(page, metric->name, metric->type, metric->help);
    for (unsigned i = 0; i < report->count; i++) {
        const struct scrim_disk_status *disk = &report->disks[i];
        put(page, "%s{disk=\"%s\"} ", metric->name, disk_name(disk->id));
        put_value(page, (const char *)disk + metric->offset, COUNT);
    }
}

static void put_disk_state(struct page *page)
{
    const struct scrim_disk_report *report = &page->desk->disks;
    family(page, "scrim_disk_state", "gauge", "1 for the state of the disk.");
    for (unsigned i = 0; i < report->count; i++) {
        for (unsigned state = 0; state < SCRIM_DISK_STATES; state++)
            put(page, "scrim_disk_state{disk=\"%s\",state=\"%s\"} %d\n",
                disk_name(report->disks[i].id), scrim_disk_state_text((enum scrim_disk_state)state),
                report->disks[i].state == state);
    }
}

static void put_camera_disk(struct page *page)
{
    const struct scrim_disk_report *report = &page->desk->disks;
    family(page, "scrim_camera_disk_info", "gauge", "The disk that the camera is written to.");
    for (unsigned i = 0; report->camera_disks && i < page->desk->site.config->cameras_count; i++) {
        const int disk = report->camera_disks[i];
        if (disk >= 0)
            put(page, "scrim_camera_disk_info{camera=\"%s\",disk=\"%s\"} 1\n", id_of(page, i),
                disk_name(report->disks[disk].id));
    }
}

// `labels`: "" or "disk=\"bay1\",".
static void put_histogram(struct page *page, const char *name, const char *labels,
                          const struct scrim_latency *latency)
{
    const int last = labels[0] ? (int)strlen(labels) - 1 : 0; // without the comma
    uint64_t below = 0;
    for (unsigned i = 0; i < SCRIM_LATENCY_BUCKETS; i++) {
        below += latency->counts[i];
        put(page, "%s_bucket{%sle=\"%g\"} %" PRIu64 "\n", name, labels,
            (double)scrim_latency_bounds_us[i] / MICRO, below);
    }
    below += latency->counts[SCRIM_LATENCY_BUCKETS];
    put(page, "%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, below);
    put(page, "%s_sum{%.*s} %.6f\n", name, last, labels, (double)latency->sum_us / MICRO);
    put(page, "%s_count{%.*s} %" PRIu64 "\n", name, last, labels, below);
}

static void put_disk_latency(struct page *page, const char *name, const char *help, bool flush)
{
    const struct scrim_disk_report *report = &page->desk->disks;
    family(page, name, "histogram", help);
    for (unsigned i = 0; i < report->count; i++) {
        const struct scrim_disk_status *disk = &report->disks[i];
        char labels[64];
        snprintf(labels, sizeof labels, "disk=\"%s\",", disk_name(disk->id));
        put_histogram(page, name, labels, flush ? &disk->flush : &disk->write);
    }
}

static void put_disks(struct page *page)
{
    for (size_t i = 0; i < sizeof disk_metrics / sizeof *disk_metrics; i++)
        put_disk_metric(page, &disk_metrics[i]);
    put_disk_state(page);
    put_camera_disk(page);
    put_disk_latency(page, "scrim_disk_write_seconds", "How long writes take.", false);
    put_disk_latency(page, "scrim_disk_flush_seconds", "How long flushes of the disk take.", true);
    if (page->desk->disks.count > 0) {
        family(page, "scrim_journal_flush_seconds", "histogram",
               "How long flushes of the journals take.");
        put_histogram(page, "scrim_journal_flush_seconds", "", &page->desk->disks.journal_flush);
    }
}

// ---- Storage, by the keeper. What it sends was checked when it came (storage_state.h).

static json_int_t integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

// A moment of each entry of a list; none where it is null.
static void put_moments(struct page *page, const char *list, const char *member, const char *name,
                        const char *label, const char *help)
{
    const json_t *entries = json_object_get(page->desk->storage, list);
    family(page, name, "gauge", help);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const json_t *moment = json_object_get(entry, member);
        if (json_is_integer(moment))
            put(page, "%s{%s=\"%s\"} %.3f\n", name, label,
                disk_name(json_string_value(json_object_get(entry, "id"))),
                (double)json_integer_value(moment) / MICRO);
    }
}

static void put_stored(struct page *page)
{
    const json_t *cameras = json_object_get(page->desk->storage, "cameras");
    family(page, "scrim_camera_stored_bytes", "gauge", "What is kept of the camera.");
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        const json_t *camera = json_array_get(cameras, i);
        put(page, "scrim_camera_stored_bytes{camera=\"%s\"} %" JSON_INTEGER_FORMAT "\n",
            json_string_value(json_object_get(camera, "id")), integer(camera, "bytes"));
    }
}

static void put_storage(struct page *page)
{
    const struct scrim_desk *desk = page->desk;
    const json_t *admission = json_object_get(desk->storage, "admission");
    if (!desk->storage || !scrim_peers_keeper(desk->peers))
        return;
    single(page, "scrim_storage_needed_bytes", "gauge", "What scrim.yaml promises to keep.",
           (uint64_t)integer(admission, "needed"));
    single(page, "scrim_storage_funded_bytes", "gauge", "What the disks can keep.",
           (uint64_t)integer(admission, "funded"));
    single(page, "scrim_storage_admitted", "gauge", "1 if the disks can keep what is promised.",
           json_is_true(json_object_get(admission, "ok")));
    put_moments(page, "disks", "fills_at_us", "scrim_disk_fills_at_timestamp_seconds", "disk",
                "When the disk will be full; absent: not in sight.");
    put_stored(page);
    put_moments(page, "cameras", "oldest_us", "scrim_camera_oldest_timestamp_seconds", "camera",
                "When the oldest recording that is kept began.");
}

int scrim_metrics_write(const struct scrim_desk *desk, struct scrim_buf *out)
{
    struct page page = {.desk = desk, .out = out};
    put_programs(&page);
    put_recording(&page);
    for (size_t i = 0; i < sizeof camera_metrics / sizeof *camera_metrics; i++)
        put_camera_metric(&page, &camera_metrics[i]);
    put_gaps(&page);
    put_clock_offset(&page);
    put_veil_state(&page);
    put_requests(&page);
    put_glass(&page);
    put_disks(&page);
    put_storage(&page);
    return page.result;
}

void scrim_api_metrics(void *context, struct scrim_http_request *request)
{
    struct scrim_buf text;
    scrim_buf_init(&text, BYTES_MAX);
    if (scrim_metrics_write(context, &text) >= 0) {
        scrim_http_reply_bytes(request, 200, TYPE, &text);
        return;
    }
    scrim_buf_finish(&text);
    scrim_api_refuse(request, 500, "internal", "The figures cannot be made.");
}
