#include "store/journal.h"

#include "store/journal_impl.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SIGNED_PREFIX (sizeof SCRIM_JOURNAL_SIGNED - 1)
#define HEX_HASH 64

const char *const scrim_record_type_names[] = {"boot", "segment", "gap",      "clock", "opening",
                                               "stop", "purge",   "unsealed", "change"};
const char *const scrim_gap_cause_names[] = {"camera",   "network", "disk", "overload",
                                             "operator", "clock",   "crash"};
const char *const scrim_record_clock_names[] = {"host", "camera"};

const char *scrim_gap_cause_text(enum scrim_gap_cause cause)
{
    return (unsigned)cause < SCRIM_GAP_CAUSES ? scrim_gap_cause_names[cause] : "unknown";
}

void scrim_record_note_ntp(struct scrim_record *record)
{
    const struct scrim_ntp_state state = scrim_clock_ntp();
    record->ntp_synchronised = state.synchronised;
    record->ntp_error_us = state.max_error_us;
}

void scrim_journal_line_hash(const char *line, size_t length, uint8_t ret[32])
{
    crypto_hash_sha256(ret, (const uint8_t *)line, length);
}

void scrim_journal_genesis(const char *site, const char *camera, uint8_t ret[32])
{
    static const char domain[] = "scrim-journal/v1 genesis";
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)domain, sizeof domain - 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)site, strlen(site) + 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)camera, strlen(camera));
    crypto_hash_sha256_final(&state, ret);
}

static bool is_zero(const uint8_t hash[32])
{
    return sodium_is_zero(hash, 32);
}

static int append_member_string(struct scrim_buf *out, const char *name, const char *text)
{
    const int result = scrim_buf_printf(out, ",\"%s\":", name);
    return result < 0 ? result : scrim_json_append_string(out, text);
}

static int append_member_hex(struct scrim_buf *out, const char *name, const uint8_t hash[32])
{
    char text[HEX_HASH + 1];
    sodium_bin2hex(text, sizeof text, hash, 32);
    return scrim_buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static int append_segment(struct scrim_buf *out, const struct scrim_record *record)
{
    int result = append_member_string(out, "file", record->file);
    if (result >= 0)
        result = append_member_string(out, "disk", record->disk);
    if (result >= 0)
        result =
            scrim_buf_printf(out,
                             ",\"frames\":%" PRIu64 ",\"keyframes\":%" PRIu64 ",\"lost\":%" PRIu64
                             ",\"lost_packets\":%" PRIu64 ",\"bytes\":%" PRIu64,
                             record->frames, record->keyframes, record->lost_units,
                             record->lost_packets, record->bytes);
    if (result >= 0)
        result = append_member_hex(out, "sha256", record->sha256);
    if (result >= 0)
        result = scrim_buf_printf(out, ",\"torn\":%s", record->torn ? "true" : "false");
    if (result >= 0 && record->torn)
        result = is_zero(record->tail_sha256)
                     ? scrim_buf_append_text(out, ",\"tail_sha256\":\"\"")
                     : append_member_hex(out, "tail_sha256", record->tail_sha256);
    if (result >= 0 && record->torn)
        result = append_member_string(out, "detail", record->detail);
    if (result >= 0)
        result = scrim_buf_printf(out,
                                  ",\"rtp_first\":%" PRId64 ",\"rtp_last\":%" PRId64
                                  ",\"rtcp_ntp_us\":%" PRId64 ",\"rtcp_last_us\":%" PRId64,
                                  record->rtp_first, record->rtp_last, record->rtcp_ntp_us,
                                  record->rtcp_last_us);
    if (result >= 0)
        result = append_member_string(out, "codec", record->codec);
    if (result >= 0)
        result = scrim_buf_printf(out,
                                  ",\"width\":%" PRIu32 ",\"height\":%" PRIu32
                                  ",\"declared_mfps\":%" PRIu32 ",\"delivered_mfps\":%" PRIu32,
                                  record->width, record->height, record->declared_mfps,
                                  record->delivered_mfps);
    return result;
}

static int append_by_type(struct scrim_buf *out, const struct scrim_record *record)
{
    int result = SCRIM_EINVAL;
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT: return append_segment(out, record);
    case SCRIM_RECORD_GAP:
        result = append_member_string(out, "cause", scrim_gap_cause_text(record->cause));
        if (result >= 0)
            result = scrim_buf_printf(out, ",\"lost\":%" PRIu64, record->lost_units);
        break;
    case SCRIM_RECORD_PURGE:
        result = append_member_string(out, "cause", scrim_gap_cause_text(record->cause));
        if (result >= 0)
            result = scrim_buf_printf(out, ",\"segments\":%" PRIu64, record->segments);
        break;
    case SCRIM_RECORD_UNSEALED:
        if (!scrim_kept_valid(record->kept))
            return SCRIM_EINVAL;
        result = append_member_string(out, "kept", scrim_keep_text(record->kept));
        if (result >= 0)
            result = scrim_buf_printf(out, ",\"frames\":%" PRIu64 ",\"lost\":%" PRIu64,
                                      record->frames, record->lost_units);
        break;
    case SCRIM_RECORD_STOP:
        result = append_member_string(out, "cause", scrim_gap_cause_text(record->cause));
        break;
    case SCRIM_RECORD_CLOCK:
        result = append_member_string(out, "whose", scrim_record_clock_names[record->of_camera]);
        if (result >= 0)
            result = scrim_buf_printf(out, ",\"step_us\":%" PRId64, record->step_us);
        break;
    case SCRIM_RECORD_BOOT: result = SCRIM_OK; break;
    case SCRIM_RECORD_OPENING: return scrim_buf_printf(out, ",\"opening\":%s", record->json);
    case SCRIM_RECORD_CHANGE: return scrim_buf_printf(out, ",\"change\":%s", record->json);
    }
    return result < 0 ? result : append_member_string(out, "detail", record->detail);
}

static int append_json(struct scrim_buf *out, const struct scrim_record *record, uint64_t seq,
                       const uint8_t prev[32])
{
    int result = scrim_buf_printf(out, "{\"v\":1,\"seq\":%" PRIu64, seq);
    if (result >= 0)
        result = append_member_string(out, "camera", record->camera);
    if (result >= 0)
        result = append_member_string(out, "type", scrim_record_type_names[record->type]);
    if (result >= 0)
        result = scrim_buf_printf(
            out,
            ",\"start_us\":%" PRId64 ",\"end_us\":%" PRId64 ",\"mono_start_us\":%" PRId64
            ",\"mono_end_us\":%" PRId64 ",\"boot\":%" PRIu64 ",\"ntp\":%s"
            ",\"ntp_error_us\":%" PRId64,
            record->start_us, record->end_us, record->mono_start_us, record->mono_end_us,
            record->boot, record->ntp_synchronised ? "true" : "false", record->ntp_error_us);
    if (result >= 0)
        result = append_by_type(out, record);
    if (result >= 0)
        result = append_member_hex(out, "prev", prev);
    return result < 0 ? result : scrim_buf_append_u8(out, '}');
}

// Ed25519 over SCRIM_JOURNAL_SIGNED ‖ json, which lie in one piece.
static int append_signature(struct scrim_buf *line, const struct scrim_device_key *key,
                            const uint8_t *message, size_t count)
{
    uint8_t signature[crypto_sign_BYTES];
    char text[SCRIM_JOURNAL_SIGNATURE + 1];
    crypto_sign_detached(signature, NULL, message, count, key->secret);
    sodium_bin2base64(text, sizeof text, signature, sizeof signature,
                      sodium_base64_VARIANT_ORIGINAL);
    return scrim_buf_printf(line, " %s\n", text);
}

int scrim_journal_format(const struct scrim_device_key *key, struct scrim_journal_head *head,
                         const struct scrim_record *record, struct scrim_buf *ret_line)
{
    if ((unsigned)record->type >= SCRIM_RECORD_TYPES || record->end_us < record->start_us ||
        (record->type == SCRIM_RECORD_PURGE && !scrim_purge_cause_valid(record->cause)))
        return SCRIM_EINVAL;
    struct scrim_buf message;
    scrim_buf_init(&message, SIGNED_PREFIX + SCRIM_JOURNAL_LINE_MAX);
    int result = scrim_buf_append(&message, SCRIM_JOURNAL_SIGNED, SIGNED_PREFIX);
    if (result >= 0)
        result = append_json(&message, record, head->next_seq, head->prev);
    const size_t start = ret_line->len, json_len = message.len - SIGNED_PREFIX;
    if (result >= 0 && json_len + 1 + SCRIM_JOURNAL_SIGNATURE + 1 > SCRIM_JOURNAL_LINE_MAX)
        result = SCRIM_EINVAL;
    if (result >= 0)
        result = scrim_buf_append(ret_line, message.data + SIGNED_PREFIX, json_len);
    if (result >= 0)
        result = append_signature(ret_line, key, message.data, message.len);
    scrim_buf_finish(&message);
    if (result < 0) {
        ret_line->len = start;
        return result;
    }
    scrim_journal_line_hash((const char *)ret_line->data + start, ret_line->len - start - 1,
                            head->prev);
    head->next_seq++;
    if (scrim_record_covers(record->type))
        head->last_end_us = record->end_us;
    return SCRIM_OK;
}
