#include "rtsp/assembly.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define HEADLESS_MAX (64U << 10) // bytes without a picture that are kept for the next one
#define BURST_BYTES (4U << 20)   // finished units of one burst, start codes included

#define SLICES (1U << SCRIM_NAL_SLICE | 1U << SCRIM_NAL_RANDOM)
#define SETS (1U << SCRIM_NAL_VPS | 1U << SCRIM_NAL_SPS | 1U << SCRIM_NAL_PPS)

struct picture { // the one being collected: the end of `bytes`, from `start` on
    bool open;
    bool broken;   // a hole is in it, nothing of it is kept
    bool joined;   // we came when it had begun: it is no loss
    bool doubtful; // a hole is before it,
    bool clean;    // and before that, a complete picture
    bool tail;     // of one that a wrong marker ended
    bool marked;   // the last packet had the marker
    bool junk;     // a packet of it was of no use
    // What may have been pictures of their own and has no slice: it went into this one.
    unsigned merged;
    unsigned head; // type of its first NAL unit
    size_t start, searched;
    int64_t time, arrival_us;
};

struct finished {
    size_t start, size; // in `bytes`
    int64_t time, arrival_us;
    uint32_t lost_units, lost_packets;
};

struct scrim_assembly {
    struct scrim_buf bytes;
    struct scrim_depacketizer depacketizer;
    struct scrim_params params;
    struct scrim_cadence cadence;
    struct picture picture;
    struct finished *finished;
    unsigned finished_count, fetched, room;
    bool begun;         // a picture was opened
    bool hole, clean;   // for the next picture: see there
    int64_t ended_time; // of the picture that a marker ended last
    unsigned proofs;    // markers in a row that were right
    bool markers_lie;
    uint64_t heads[2]; // types that intact pictures began with: others, random access
    // Since the last finished unit. `doubted`: as many pictures as were dropped for another reason
    // than missing packets.
    uint32_t dropped, doubted, lost_packets;
    uint64_t units, lost_units;
};

struct scrim_assembly *scrim_assembly_create(enum scrim_codec codec, unsigned burst)
{
    struct scrim_assembly *assembly = scrim_new(struct scrim_assembly);
    // Each packet ends one unit at most, and the first one also the unit before it.
    assembly->room = burst + 2;
    assembly->finished = scrim_new_array(assembly->room, struct finished);
    scrim_buf_init(&assembly->bytes, SCRIM_ACCESS_UNIT_MAX + BURST_BYTES);
    scrim_params_init(&assembly->params, codec);
    assembly->depacketizer = (struct scrim_depacketizer){.codec = codec, .out = &assembly->bytes};
    return assembly;
}

void scrim_assembly_destroy(struct scrim_assembly *assembly)
{
    if (!assembly)
        return;
    scrim_buf_finish_wipe(&assembly->bytes);
    scrim_params_finish(&assembly->params);
    free(assembly->finished);
    free(assembly);
}

int scrim_assembly_describe(struct scrim_assembly *assembly, const uint8_t *sets, size_t size)
{
    struct scrim_access_unit_info info;
    return scrim_params_update(&assembly->params, sets, size, &info);
}

// ---- The end of a picture.

static bool has_slice(const struct scrim_assembly *assembly)
{
    return assembly->depacketizer.kinds & SLICES;
}

// Some cameras put several NAL units with start codes into one; then the header does not tell
// that a slice is in it. Each byte is searched once.
static bool holds_slice(struct scrim_assembly *assembly)
{
    struct picture *picture = &assembly->picture;
    if (has_slice(assembly))
        return true;
    const struct scrim_buf *bytes = &assembly->bytes;
    struct scrim_nal_walk walk = scrim_nal_walk_of(
        assembly->params.codec, bytes->data + picture->searched, bytes->len - picture->searched);
    unsigned type;
    struct scrim_nal nal;
    while (scrim_nal_peek(&walk, &type) && scrim_nal_next(&walk, &nal))
        assembly->depacketizer.kinds |= 1U << scrim_nal_kind(assembly->params.codec, type);
    picture->searched = bytes->len;
    return has_slice(assembly);
}

// Nothing of the picture is kept.
static void discard(struct scrim_assembly *assembly)
{
    assembly->bytes.len = assembly->picture.start;
    assembly->depacketizer.fragment = false;
}

static void break_picture(struct scrim_assembly *assembly)
{
    discard(assembly);
    assembly->picture.broken = true;
}

static void close_picture(struct scrim_assembly *assembly)
{
    assembly->picture.open = false;
    assembly->depacketizer.kinds = 0;
    assembly->depacketizer.fragment = false;
}

static void drop_picture(struct scrim_assembly *assembly)
{
    const struct picture *picture = &assembly->picture;
    // Junk that looks like parameter sets splits one of the first pictures.
    const bool rest = assembly->units > 0 && picture->time == assembly->ended_time &&
                      scrim_cadence_tells_apart(&assembly->cadence);
    discard(assembly);
    if (!rest) {
        assembly->dropped += !picture->joined;
        assembly->doubted += picture->junk + picture->merged;
    }
    close_picture(assembly);
}

static bool is_delimiter(enum scrim_codec codec, unsigned type)
{
    return type == (codec == SCRIM_CODEC_H264 ? 9 : 35);
}

static bool is_slice(const struct scrim_assembly *assembly, unsigned type)
{
    return 1U << scrim_nal_kind(assembly->params.codec, type) & SLICES;
}

static bool leads_key_frame(const struct scrim_assembly *assembly, unsigned type)
{
    const enum scrim_codec codec = assembly->params.codec;
    return 1U << scrim_nal_kind(codec, type) & SETS || is_delimiter(codec, type);
}

// Can packets be missing that belong before the first one of it?
static bool lost_its_head(const struct scrim_assembly *assembly)
{
    const struct picture *picture = &assembly->picture;
    const bool random = assembly->depacketizer.kinds & 1U << SCRIM_NAL_RANDOM;
    const uint64_t known = assembly->heads[random], head = UINT64_C(1) << picture->head;
    if (!picture->doubtful)
        return false;
    // Between two pictures that are complete, each missing one accounts for a packet.
    const int64_t between = picture->clean && assembly->dropped == 0
                                ? scrim_cadence_between(&assembly->cadence, picture->time)
                                : -1;
    if (between == 0 || (between > 0 && between >= assembly->lost_packets))
        return between == 0;
    if (known == 0) // of the very first key frame nothing is known but what leads one
        return random && !leads_key_frame(assembly, picture->head);
    // Where some begin with SEI or the like, one that begins with a slice may have lost it.
    return !(known & head) || (known != head && is_slice(assembly, picture->head));
}

static void learn_head(struct scrim_assembly *assembly)
{
    const struct picture *picture = &assembly->picture;
    const bool random = assembly->depacketizer.kinds & 1U << SCRIM_NAL_RANDOM;
    if (!picture->doubtful && !picture->tail)
        assembly->heads[random] |= UINT64_C(1) << picture->head;
}

// The picture is complete.
static void finish_picture(struct scrim_assembly *assembly)
{
    const struct picture *picture = &assembly->picture;
    if (lost_its_head(assembly) || assembly->finished_count == assembly->room) {
        assembly->doubted++;
        drop_picture(assembly);
        return;
    }
    learn_head(assembly);
    const uint32_t lost =
        scrim_cadence_take(&assembly->cadence, picture->time, picture->arrival_us * 9 / 100,
                           (struct scrim_cadence_evidence){
                               .seen = assembly->dropped,
                               .most = assembly->lost_packets + assembly->doubted,
                               .merged = picture->merged,
                           });
    assembly->finished[assembly->finished_count++] = (struct finished){
        .start = picture->start,
        .size = assembly->bytes.len - picture->start,
        .time = picture->time,
        .arrival_us = picture->arrival_us,
        .lost_units = lost,
        .lost_packets = assembly->lost_packets,
    };
    assembly->units++;
    assembly->lost_units += lost;
    assembly->dropped = assembly->doubted = assembly->lost_packets = 0;
    assembly->ended_time = picture->time;
    close_picture(assembly);
}

// What has no slice: was it a picture, whose slices came as something else? It is one if packets of
// it were of no use, or if it has the marker and the time of a picture.
static bool was_picture(const struct scrim_assembly *assembly, int64_t next)
{
    const struct picture *picture = &assembly->picture;
    return picture->junk ||
           (picture->marked && scrim_cadence_fits(&assembly->cadence, picture->time, next));
}

// The next picture begins, at `next`.
static void end_picture(struct scrim_assembly *assembly, int64_t next)
{
    struct picture *picture = &assembly->picture;
    if (picture->broken || (!holds_slice(assembly) && was_picture(assembly, next))) {
        drop_picture(assembly);
    } else if (has_slice(assembly)) {
        assembly->proofs = picture->marked ? assembly->proofs + 1 : 0;
        finish_picture(assembly);
    } else if (assembly->bytes.len - picture->start > HEADLESS_MAX) {
        discard(assembly);
        close_picture(assembly);
    } else {
        picture->merged += picture->marked;
    }
}

// ---- Its beginning.

// Does this packet begin a picture other than the one being collected?
static bool begins_next(const struct scrim_assembly *assembly, const struct scrim_rtp_piece *piece,
                        int64_t time)
{
    const struct picture *picture = &assembly->picture;
    const enum scrim_codec codec = assembly->params.codec;
    if (time != picture->time)
        return true;
    if (!piece->starts || !(picture->broken || has_slice(assembly)))
        return false;
    const unsigned kind = 1U << scrim_nal_kind(codec, piece->type);
    if (kind & SETS && !picture->broken && !scrim_cadence_tells_apart(&assembly->cadence))
        return true;
    return picture->marked && (piece->first_slice || !(kind & SLICES));
}

// A picture behind a hole, or at the start of the stream, that begins in the middle.
static bool begins_inside(const struct scrim_assembly *assembly,
                          const struct scrim_rtp_piece *piece)
{
    const unsigned kind = 1U << scrim_nal_kind(assembly->params.codec, piece->type);
    return !piece->starts || (kind & SLICES && !piece->first_slice);
}

static void open_picture(struct scrim_assembly *assembly, const struct scrim_rtp_piece *piece,
                         int64_t time)
{
    const bool inside = begins_inside(assembly, piece);
    const bool sure = assembly->begun && !assembly->hole;
    assembly->picture = (struct picture){
        .open = true,
        .broken = inside && !sure,
        .joined = !assembly->begun && inside,
        .doubtful = assembly->hole,
        .clean = assembly->clean,
        .tail = inside && sure && time == assembly->ended_time,
        .head = piece->type,
        .start = assembly->bytes.len,
        .searched = assembly->bytes.len,
        .time = time,
    };
    if (assembly->picture.tail)
        assembly->markers_lie = true;
    assembly->hole = false;
    assembly->begun = true;
}

static void go_on(struct scrim_assembly *assembly, const struct scrim_rtp_piece *piece,
                  int64_t time)
{
    struct picture *picture = &assembly->picture;
    if (picture->marked && has_slice(assembly) && begins_inside(assembly, piece))
        assembly->markers_lie = true;
    picture->time = time;
    picture->marked = false;
    assembly->hole = false; // it was inside
}

// ---- Packets.

static bool trusts_markers(const struct scrim_assembly *assembly)
{
    return assembly->proofs >= SCRIM_MARKER_PROOFS && !assembly->markers_lie;
}

// What is being collected when packets turn out to be missing behind it.
static void end_at_hole(struct scrim_assembly *assembly)
{
    struct picture *picture = &assembly->picture;
    if (!holds_slice(assembly)) {
        discard(assembly);
        close_picture(assembly);
    } else if (picture->marked && !assembly->markers_lie) {
        finish_picture(assembly);
    } else {
        break_picture(assembly);
    }
}

void scrim_assembly_hole(struct scrim_assembly *assembly, uint32_t lost)
{
    struct picture *picture = &assembly->picture;
    const bool headless = picture->open && !picture->broken && !holds_slice(assembly);
    // One packet behind one without a marker: the end of this picture.
    const bool end_only =
        lost == 1 && picture->open && !headless && !picture->marked && trusts_markers(assembly);
    if (picture->open && !picture->broken)
        end_at_hole(assembly);
    assembly->clean = assembly->begun && !picture->open && !headless;
    assembly->hole |= !end_only;
    assembly->lost_packets += lost;
}

static void place(struct scrim_assembly *assembly, const struct scrim_rtp_piece *piece,
                  int64_t time)
{
    if (assembly->picture.open && begins_next(assembly, piece, time))
        end_picture(assembly, time);
    if (assembly->picture.open)
        go_on(assembly, piece, time);
    else
        open_picture(assembly, piece, time);
}

static int append(struct scrim_assembly *assembly, const struct scrim_rtp_packet *packet)
{
    struct scrim_depacketizer *depacketizer = &assembly->depacketizer;
    if (assembly->picture.broken)
        return SCRIM_OK;
    depacketizer->ceiling = assembly->picture.start + SCRIM_ACCESS_UNIT_MAX;
    const int result = scrim_depacketize(depacketizer, packet->payload, packet->size);
    if (result != SCRIM_EFORMAT)
        return result;
    assembly->picture.junk = true;
    break_picture(assembly);
    return SCRIM_EUNSUPPORTED;
}

// A packet that is of no use. Inside a fragmented NAL unit no other may come (RFC 6184, 5.8;
// RFC 7798, 4.4.3): it is what became of a fragment.
static void refuse(struct scrim_assembly *assembly, const struct scrim_rtp_packet *packet,
                   int64_t time)
{
    struct picture *picture = &assembly->picture;
    if (!picture->open || picture->time != time || packet->size == 0)
        return;
    picture->junk = true;
    picture->marked = packet->marker;
    if (assembly->depacketizer.fragment)
        break_picture(assembly);
}

int scrim_assembly_take(struct scrim_assembly *assembly, const struct scrim_rtp_packet *packet,
                        int64_t time)
{
    struct scrim_rtp_piece piece = {0};
    struct picture *picture = &assembly->picture;
    int result =
        scrim_depacketize_peek(assembly->params.codec, packet->payload, packet->size, &piece);
    if (result == SCRIM_EUNSUPPORTED) {
        refuse(assembly, packet, time);
        return result;
    }
    place(assembly, &piece, time);
    picture->arrival_us = packet->arrival_us;
    if (result < 0) {
        picture->junk = true;
        break_picture(assembly);
        result = SCRIM_EUNSUPPORTED;
    } else {
        result = append(assembly, packet);
    }
    picture->marked = packet->marker;
    if (packet->marker && !picture->broken && trusts_markers(assembly) &&
        !assembly->depacketizer.fragment && holds_slice(assembly))
        finish_picture(assembly);
    return result;
}

static bool waits(struct scrim_assembly *assembly)
{
    const struct picture *picture = &assembly->picture;
    return picture->open && !picture->broken && holds_slice(assembly);
}

int64_t scrim_assembly_expire(struct scrim_assembly *assembly, int64_t mono_us)
{
    const struct picture *picture = &assembly->picture;
    if (!waits(assembly) || !picture->marked || assembly->markers_lie)
        return INT64_MAX;
    const int64_t due_us = picture->arrival_us + SCRIM_MARKER_US;
    if (mono_us < due_us)
        return due_us;
    finish_picture(assembly);
    return INT64_MAX;
}

void scrim_assembly_flush(struct scrim_assembly *assembly)
{
    if (waits(assembly) && (assembly->picture.marked || !assembly->depacketizer.fragment))
        finish_picture(assembly);
}

// ---- Units.

int scrim_assembly_next(struct scrim_assembly *assembly, struct scrim_unit *ret)
{
    if (assembly->fetched == assembly->finished_count)
        return SCRIM_EEND;
    const struct finished *finished = &assembly->finished[assembly->fetched++];
    const uint8_t *data = assembly->bytes.data + finished->start;
    struct scrim_access_unit_info info;
    const int result = scrim_params_update(&assembly->params, data, finished->size, &info);
    if (result < 0)
        return result == SCRIM_ENOSPACE ? SCRIM_EFORMAT : result;
    *ret = (struct scrim_unit){
        .data = data,
        .size = finished->size,
        .rtp = finished->time,
        .arrival_us = finished->arrival_us,
        .random = info.random && assembly->params.generation > 0,
        .lost_units = finished->lost_units,
        .lost_packets = finished->lost_packets,
    };
    return SCRIM_OK;
}

void scrim_assembly_recycle(struct scrim_assembly *assembly)
{
    if (assembly->finished_count == 0)
        return;
    for (unsigned i = assembly->fetched; i < assembly->finished_count; i++) {
        assembly->dropped += 1 + assembly->finished[i].lost_units;
        assembly->lost_packets += assembly->finished[i].lost_packets;
        assembly->lost_units -= assembly->finished[i].lost_units; // they count again
        assembly->units--;
    }
    assembly->finished_count = assembly->fetched = 0;
    struct picture *picture = &assembly->picture;
    const size_t start = picture->open ? picture->start : assembly->bytes.len;
    // What is left is, at most, the packets of a picture behind one without a marker.
    scrim_buf_drop_front(&assembly->bytes, start);
    picture->searched -= picture->open ? start : 0;
    picture->start = 0;
}

const struct scrim_params *scrim_assembly_params(const struct scrim_assembly *assembly)
{
    return &assembly->params;
}

void scrim_assembly_count(const struct scrim_assembly *assembly, uint64_t *ret_units,
                          uint64_t *ret_lost_units)
{
    *ret_units = assembly->units;
    *ret_lost_units = assembly->lost_units;
}
