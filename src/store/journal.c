#include "store/journal.h"

#include "store/journal_impl.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char signed_prefix[] = "scrim-journal/v1\n";
#define SIGNED_PREFIX (sizeof signed_prefix - 1)
#define SIGNATURE_TEXT 88 // base64 of 64 bytes, padded
#define HEX_HASH 64
#define PREV_MEMBER (9 + HEX_HASH + 2) // ,"prev":"…"}

static const char *const type_names[] = {"boot", "segment", "gap", "clock", "opening", "stop"};
static const char *const cause_names[] = {"camera",   "network", "disk", "overload",
                                          "operator", "clock",   "crash"};
#define TYPES (sizeof type_names / sizeof *type_names)
#define CAUSES (sizeof cause_names / sizeof *cause_names)

const char *scrim_gap_cause_text(enum scrim_gap_cause cause)
{
    return (unsigned)cause < CAUSES ? cause_names[cause] : "unknown";
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
        result = scrim_buf_printf(
            out, ",\"frames\":%" PRIu64 ",\"keyframes\":%" PRIu64 ",\"bytes\":%" PRIu64,
            record->frames, record->keyframes, record->bytes);
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
        result = scrim_buf_printf(
            out, ",\"rtp_first\":%" PRId64 ",\"rtp_last\":%" PRId64 ",\"rtcp_ntp_us\":%" PRId64,
            record->rtp_first, record->rtp_last, record->rtcp_ntp_us);
    if (result >= 0)
        result = append_member_string(out, "codec", record->codec);
    if (result >= 0)
        result = scrim_buf_printf(out, ",\"width\":%" PRIu32 ",\"height\":%" PRIu32, record->width,
                                  record->height);
    return result;
}

static int append_by_type(struct scrim_buf *out, const struct scrim_record *record)
{
    int result = SCRIM_EINVAL;
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT: return append_segment(out, record);
    case SCRIM_RECORD_GAP:
    case SCRIM_RECORD_STOP:
        result = append_member_string(out, "cause", scrim_gap_cause_text(record->cause));
        break;
    case SCRIM_RECORD_CLOCK:
        result = scrim_buf_printf(out, ",\"step_us\":%" PRId64, record->step_us);
        break;
    case SCRIM_RECORD_BOOT: result = SCRIM_OK; break;
    case SCRIM_RECORD_OPENING: return scrim_buf_printf(out, ",\"opening\":%s", record->json);
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
        result = append_member_string(out, "type", type_names[record->type]);
    if (result >= 0)
        result = scrim_buf_printf(
            out,
            ",\"start_us\":%" PRId64 ",\"end_us\":%" PRId64 ",\"mono_start_us\":%" PRId64
            ",\"mono_end_us\":%" PRId64 ",\"boot\":%" PRIu64 ",\"ntp\":%s",
            record->start_us, record->end_us, record->mono_start_us, record->mono_end_us,
            record->boot, record->ntp_synchronised ? "true" : "false");
    if (result >= 0)
        result = append_by_type(out, record);
    if (result >= 0)
        result = append_member_hex(out, "prev", prev);
    return result < 0 ? result : scrim_buf_append_u8(out, '}');
}

// Ed25519 over signed_prefix ‖ json, which lie in one piece.
static int append_signature(struct scrim_buf *line, const struct scrim_device_key *key,
                            const uint8_t *message, size_t count)
{
    uint8_t signature[crypto_sign_BYTES];
    char text[SIGNATURE_TEXT + 1];
    crypto_sign_detached(signature, NULL, message, count, key->secret);
    sodium_bin2base64(text, sizeof text, signature, sizeof signature,
                      sodium_base64_VARIANT_ORIGINAL);
    return scrim_buf_printf(line, " %s\n", text);
}

int scrim_journal_format(const struct scrim_device_key *key, struct scrim_journal_head *head,
                         const struct scrim_record *record, struct scrim_buf *ret_line)
{
    if ((unsigned)record->type >= TYPES || record->end_us < record->start_us)
        return SCRIM_EINVAL;
    struct scrim_buf message;
    scrim_buf_init(&message, SIGNED_PREFIX + SCRIM_JOURNAL_LINE_MAX);
    int result = scrim_buf_append(&message, signed_prefix, SIGNED_PREFIX);
    if (result >= 0)
        result = append_json(&message, record, head->next_seq, head->prev);
    const size_t start = ret_line->len, json_len = message.len - SIGNED_PREFIX;
    if (result >= 0 && json_len + 1 + SIGNATURE_TEXT + 1 > SCRIM_JOURNAL_LINE_MAX)
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
    if (record->type == SCRIM_RECORD_SEGMENT || record->type == SCRIM_RECORD_GAP)
        head->last_end_us = record->end_us;
    return SCRIM_OK;
}

static bool take_name(struct scrim_reader *reader, const char *const *names, size_t count,
                      unsigned *ret)
{
    char text[16];
    if (!scrim_json_take_string(reader, text, sizeof text))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool take_u32(struct scrim_reader *reader, uint32_t *ret)
{
    uint64_t value;
    if (!scrim_json_take_u64(reader, &value) || value > UINT32_MAX)
        return false;
    *ret = (uint32_t)value;
    return true;
}

// "<day>/<name>": it becomes a path, so nothing else is let through.
static bool valid_file(const char *file)
{
    char day[SCRIM_DAY_TEXT];
    int second;
    if (strlen(file) < SCRIM_DAY_TEXT || file[SCRIM_DAY_TEXT - 1] != '/')
        return false;
    memcpy(day, file, SCRIM_DAY_TEXT - 1);
    day[SCRIM_DAY_TEXT - 1] = '\0';
    return scrim_day_valid(day) && scrim_segment_name_parse(file + SCRIM_DAY_TEXT, &second);
}

static bool take_torn(struct scrim_reader *reader, struct scrim_record *record)
{
    if (!scrim_json_take(reader, ",\"torn\":") || !scrim_json_take_bool(reader, &record->torn))
        return false;
    if (!record->torn)
        return true;
    if (!scrim_json_take(reader, ",\"tail_sha256\":"))
        return false;
    if (reader->left > 1 && reader->at[1] == '"') {
        if (!scrim_json_take(reader, "\"\""))
            return false;
    } else if (!scrim_json_take_hex(reader, record->tail_sha256, 32) ||
               is_zero(record->tail_sha256)) {
        return false;
    }
    return scrim_json_take(reader, ",\"detail\":") &&
           scrim_json_take_string(reader, record->detail, sizeof record->detail);
}

static bool take_segment(struct scrim_reader *reader, struct scrim_record *record)
{
    return scrim_json_take(reader, ",\"file\":") &&
           scrim_json_take_string(reader, record->file, sizeof record->file) &&
           valid_file(record->file) && scrim_json_take(reader, ",\"frames\":") &&
           scrim_json_take_u64(reader, &record->frames) &&
           scrim_json_take(reader, ",\"keyframes\":") &&
           scrim_json_take_u64(reader, &record->keyframes) &&
           scrim_json_take(reader, ",\"bytes\":") && scrim_json_take_u64(reader, &record->bytes) &&
           scrim_json_take(reader, ",\"sha256\":") &&
           scrim_json_take_hex(reader, record->sha256, 32) && take_torn(reader, record) &&
           scrim_json_take(reader, ",\"rtp_first\":") &&
           scrim_json_take_i64(reader, &record->rtp_first) &&
           scrim_json_take(reader, ",\"rtp_last\":") &&
           scrim_json_take_i64(reader, &record->rtp_last) &&
           scrim_json_take(reader, ",\"rtcp_ntp_us\":") &&
           scrim_json_take_i64(reader, &record->rtcp_ntp_us) &&
           scrim_json_take(reader, ",\"codec\":") &&
           scrim_json_take_string(reader, record->codec, sizeof record->codec) &&
           scrim_json_take(reader, ",\"width\":") && take_u32(reader, &record->width) &&
           scrim_json_take(reader, ",\"height\":") && take_u32(reader, &record->height);
}

// The member's extent is known from the fixed length of what follows; what is in it must be one
// JSON object.
static bool take_opening(struct scrim_reader *reader, struct scrim_record *record)
{
    if (!scrim_json_take(reader, ",\"opening\":") || reader->left < PREV_MEMBER)
        return false;
    const size_t length = reader->left - PREV_MEMBER;
    const uint8_t *text = scrim_read_view(reader, length);
    if (!text || length >= sizeof record->json || memchr(text, '\0', length))
        return false;
    json_error_t ignored;
    json_t *value = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, &ignored);
    const bool is_object = json_is_object(value);
    json_decref(value);
    if (is_object) {
        memcpy(record->json, text, length);
        record->json[length] = '\0';
    }
    return is_object;
}

static bool take_by_type(struct scrim_reader *reader, struct scrim_record *record)
{
    unsigned cause;
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT: return take_segment(reader, record);
    case SCRIM_RECORD_OPENING: return take_opening(reader, record);
    case SCRIM_RECORD_GAP:
    case SCRIM_RECORD_STOP:
        if (!scrim_json_take(reader, ",\"cause\":") ||
            !take_name(reader, cause_names, CAUSES, &cause))
            return false;
        record->cause = (enum scrim_gap_cause)cause;
        break;
    case SCRIM_RECORD_CLOCK:
        if (!scrim_json_take(reader, ",\"step_us\":") ||
            !scrim_json_take_i64(reader, &record->step_us))
            return false;
        break;
    case SCRIM_RECORD_BOOT: break;
    }
    return scrim_json_take(reader, ",\"detail\":") &&
           scrim_json_take_string(reader, record->detail, sizeof record->detail);
}

static bool take_json(struct scrim_reader *reader, struct scrim_record *record, uint8_t prev[32])
{
    unsigned type;
    if (!scrim_json_take(reader, "{\"v\":1,\"seq\":") ||
        !scrim_json_take_u64(reader, &record->seq) || !scrim_json_take(reader, ",\"camera\":") ||
        !scrim_json_take_string(reader, record->camera, sizeof record->camera) ||
        !scrim_json_take(reader, ",\"type\":") || !take_name(reader, type_names, TYPES, &type))
        return false;
    record->type = (enum scrim_record_type)type;
    return scrim_json_take(reader, ",\"start_us\":") &&
           scrim_json_take_i64(reader, &record->start_us) &&
           scrim_json_take(reader, ",\"end_us\":") &&
           scrim_json_take_i64(reader, &record->end_us) && record->end_us >= record->start_us &&
           scrim_json_take(reader, ",\"mono_start_us\":") &&
           scrim_json_take_i64(reader, &record->mono_start_us) &&
           scrim_json_take(reader, ",\"mono_end_us\":") &&
           scrim_json_take_i64(reader, &record->mono_end_us) &&
           scrim_json_take(reader, ",\"boot\":") && scrim_json_take_u64(reader, &record->boot) &&
           scrim_json_take(reader, ",\"ntp\":") &&
           scrim_json_take_bool(reader, &record->ntp_synchronised) &&
           take_by_type(reader, record) && scrim_json_take(reader, ",\"prev\":") &&
           scrim_json_take_hex(reader, prev, 32) && scrim_json_take(reader, "}") &&
           reader->left == 0;
}

// Canonical, by writing it again: libsodium 1.0.18 reads every byte above 0x7F as '/', so the last
// line of a journal could be changed without anyone noticing.
static bool take_signature(const char *text, uint8_t ret[crypto_sign_BYTES])
{
    size_t count;
    const char *end;
    char again[SIGNATURE_TEXT + 1];
    return sodium_base642bin(ret, crypto_sign_BYTES, text, SIGNATURE_TEXT, NULL, &count, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           count == crypto_sign_BYTES && end == text + SIGNATURE_TEXT &&
           memcmp(sodium_bin2base64(again, sizeof again, ret, crypto_sign_BYTES,
                                    sodium_base64_VARIANT_ORIGINAL),
                  text, SIGNATURE_TEXT) == 0;
}

int scrim_journal_verify(const char *line, size_t length, const uint8_t public_key[32])
{
    uint8_t message[SIGNED_PREFIX + SCRIM_JOURNAL_LINE_MAX], signature[crypto_sign_BYTES];
    if (length >= SCRIM_JOURNAL_LINE_MAX || length < SIGNATURE_TEXT + 1 ||
        !take_signature(line + length - SIGNATURE_TEXT, signature))
        return SCRIM_EFORMAT;
    const size_t json_len = length - SIGNATURE_TEXT - 1;
    memcpy(message, signed_prefix, SIGNED_PREFIX);
    memcpy(message + SIGNED_PREFIX, line, json_len);
    return crypto_sign_verify_detached(signature, message, SIGNED_PREFIX + json_len, public_key)
               ? SCRIM_EAUTH
               : SCRIM_OK;
}

int scrim_journal_parse(const char *line, size_t length, const uint8_t public_key[32],
                        struct scrim_record *ret, uint8_t ret_prev[32], struct scrim_error *error)
{
    uint8_t prev[32], signature[crypto_sign_BYTES];
    struct scrim_record record = {0};
    if (length >= SCRIM_JOURNAL_LINE_MAX || length <= SIGNATURE_TEXT + 1 ||
        line[length - SIGNATURE_TEXT - 1] != ' ' ||
        !take_signature(line + length - SIGNATURE_TEXT, signature))
        return scrim_fail(error, SCRIM_EFORMAT, "not a journal line");
    struct scrim_reader reader = scrim_reader_of(line, length - SIGNATURE_TEXT - 1);
    if (!take_json(&reader, &record, prev))
        return scrim_fail(error, SCRIM_EFORMAT, "not a journal record (at byte %zu)",
                          length - SIGNATURE_TEXT - 1 - reader.left);
    if (public_key && scrim_journal_verify(line, length, public_key) < 0)
        return scrim_fail(error, SCRIM_EAUTH, "the signature does not fit the line");
    *ret = record;
    memcpy(ret_prev, prev, sizeof prev);
    return SCRIM_OK;
}
