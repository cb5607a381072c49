// Reading one line of a journal: strict, so that a record can be written in one way only.
#include "store/journal_impl.h"
#include "store/json_text.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#define SIGNED_PREFIX (sizeof SCRIM_JOURNAL_SIGNED - 1)
#define PREV_MEMBER (9 + 64 + 2) // ,"prev":"…"}

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
               sodium_is_zero(record->tail_sha256, 32)) {
        return false;
    }
    return scrim_json_take(reader, ",\"detail\":") &&
           scrim_json_take_string(reader, record->detail, sizeof record->detail);
}

static bool take_stream(struct scrim_reader *reader, struct scrim_record *record)
{
    return scrim_json_take(reader, ",\"rtp_first\":") &&
           scrim_json_take_i64(reader, &record->rtp_first) &&
           scrim_json_take(reader, ",\"rtp_last\":") &&
           scrim_json_take_i64(reader, &record->rtp_last) &&
           scrim_json_take(reader, ",\"rtcp_ntp_us\":") &&
           scrim_json_take_i64(reader, &record->rtcp_ntp_us) &&
           scrim_json_take(reader, ",\"rtcp_last_us\":") &&
           scrim_json_take_i64(reader, &record->rtcp_last_us) &&
           scrim_json_take(reader, ",\"codec\":") &&
           scrim_json_take_string(reader, record->codec, sizeof record->codec) &&
           scrim_json_take(reader, ",\"width\":") && take_u32(reader, &record->width) &&
           scrim_json_take(reader, ",\"height\":") && take_u32(reader, &record->height) &&
           scrim_json_take(reader, ",\"declared_mfps\":") &&
           take_u32(reader, &record->declared_mfps) &&
           scrim_json_take(reader, ",\"delivered_mfps\":") &&
           take_u32(reader, &record->delivered_mfps);
}

static bool take_segment(struct scrim_reader *reader, struct scrim_record *record)
{
    return scrim_json_take(reader, ",\"file\":") &&
           scrim_json_take_string(reader, record->file, sizeof record->file) &&
           valid_file(record->file) && scrim_json_take(reader, ",\"disk\":") &&
           scrim_json_take_string(reader, record->disk, sizeof record->disk) &&
           scrim_json_take(reader, ",\"frames\":") &&
           scrim_json_take_u64(reader, &record->frames) &&
           scrim_json_take(reader, ",\"keyframes\":") &&
           scrim_json_take_u64(reader, &record->keyframes) &&
           scrim_json_take(reader, ",\"lost\":") &&
           scrim_json_take_u64(reader, &record->lost_units) &&
           scrim_json_take(reader, ",\"lost_packets\":") &&
           scrim_json_take_u64(reader, &record->lost_packets) &&
           scrim_json_take(reader, ",\"bytes\":") && scrim_json_take_u64(reader, &record->bytes) &&
           scrim_json_take(reader, ",\"sha256\":") &&
           scrim_json_take_hex(reader, record->sha256, 32) && take_torn(reader, record) &&
           take_stream(reader, record);
}

// The member's extent is known from the fixed length of what follows; what is in it must be one
// JSON object.
static bool take_object(struct scrim_reader *reader, const char *member,
                        struct scrim_record *record)
{
    if (!scrim_json_take(reader, member) || reader->left < PREV_MEMBER)
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

static bool take_cause(struct scrim_reader *reader, struct scrim_record *record)
{
    unsigned cause;
    if (!scrim_json_take(reader, ",\"cause\":") ||
        !take_name(reader, scrim_gap_cause_names, SCRIM_GAP_CAUSES, &cause))
        return false;
    record->cause = (enum scrim_gap_cause)cause;
    return true;
}

static bool take_step(struct scrim_reader *reader, struct scrim_record *record)
{
    unsigned whose;
    if (!scrim_json_take(reader, ",\"whose\":") ||
        !take_name(reader, scrim_record_clock_names, 2, &whose))
        return false;
    record->of_camera = whose == 1;
    return scrim_json_take(reader, ",\"step_us\":") &&
           scrim_json_take_i64(reader, &record->step_us);
}

static bool take_unsealed(struct scrim_reader *reader, struct scrim_record *record)
{
    static const char *const names[] = {"redacted", "nothing"};
    unsigned kept;
    if (!scrim_json_take(reader, ",\"kept\":") || !take_name(reader, names, 2, &kept))
        return false;
    record->kept = kept == 0 ? SCRIM_KEEP_REDACTED : SCRIM_KEEP_NOTHING;
    return scrim_json_take(reader, ",\"frames\":") &&
           scrim_json_take_u64(reader, &record->frames) && scrim_json_take(reader, ",\"lost\":") &&
           scrim_json_take_u64(reader, &record->lost_units);
}

static bool take_by_type(struct scrim_reader *reader, struct scrim_record *record)
{
    switch (record->type) {
    case SCRIM_RECORD_SEGMENT: return take_segment(reader, record);
    case SCRIM_RECORD_OPENING: return take_object(reader, ",\"opening\":", record);
    case SCRIM_RECORD_CHANGE: return take_object(reader, ",\"change\":", record);
    case SCRIM_RECORD_GAP:
        if (!take_cause(reader, record) || !scrim_json_take(reader, ",\"lost\":") ||
            !scrim_json_take_u64(reader, &record->lost_units))
            return false;
        break;
    case SCRIM_RECORD_PURGE:
        if (!take_cause(reader, record) || !scrim_purge_cause_valid(record->cause) ||
            !scrim_json_take(reader, ",\"segments\":") ||
            !scrim_json_take_u64(reader, &record->segments))
            return false;
        break;
    case SCRIM_RECORD_STOP:
        if (!take_cause(reader, record))
            return false;
        break;
    case SCRIM_RECORD_CLOCK:
        if (!take_step(reader, record))
            return false;
        break;
    case SCRIM_RECORD_UNSEALED:
        if (!take_unsealed(reader, record))
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
        !scrim_json_take(reader, ",\"type\":") ||
        !take_name(reader, scrim_record_type_names, SCRIM_RECORD_TYPES, &type))
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
           scrim_json_take(reader, ",\"ntp_error_us\":") &&
           scrim_json_take_i64(reader, &record->ntp_error_us) && take_by_type(reader, record) &&
           scrim_json_take(reader, ",\"prev\":") && scrim_json_take_hex(reader, prev, 32) &&
           scrim_json_take(reader, "}") && reader->left == 0;
}

// Canonical, by writing it again: libsodium 1.0.18 reads every byte above 0x7F as '/', so the last
// line of a journal could be changed without anyone noticing.
static bool take_signature(const char *text, uint8_t ret[crypto_sign_BYTES])
{
    size_t count;
    const char *end;
    char again[SCRIM_JOURNAL_SIGNATURE + 1];
    return sodium_base642bin(ret, crypto_sign_BYTES, text, SCRIM_JOURNAL_SIGNATURE, NULL, &count,
                             &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           count == crypto_sign_BYTES && end == text + SCRIM_JOURNAL_SIGNATURE &&
           memcmp(sodium_bin2base64(again, sizeof again, ret, crypto_sign_BYTES,
                                    sodium_base64_VARIANT_ORIGINAL),
                  text, SCRIM_JOURNAL_SIGNATURE) == 0;
}

int scrim_journal_verify(const char *line, size_t length, const uint8_t public_key[32])
{
    uint8_t message[SIGNED_PREFIX + SCRIM_JOURNAL_LINE_MAX], signature[crypto_sign_BYTES];
    if (length >= SCRIM_JOURNAL_LINE_MAX || length < SCRIM_JOURNAL_SIGNATURE + 1 ||
        !take_signature(line + length - SCRIM_JOURNAL_SIGNATURE, signature))
        return SCRIM_EFORMAT;
    const size_t json_len = length - SCRIM_JOURNAL_SIGNATURE - 1;
    memcpy(message, SCRIM_JOURNAL_SIGNED, SIGNED_PREFIX);
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
    if (length >= SCRIM_JOURNAL_LINE_MAX || length <= SCRIM_JOURNAL_SIGNATURE + 1 ||
        line[length - SCRIM_JOURNAL_SIGNATURE - 1] != ' ' ||
        !take_signature(line + length - SCRIM_JOURNAL_SIGNATURE, signature))
        return scrim_fail(error, SCRIM_EFORMAT, "not a journal line");
    struct scrim_reader reader = scrim_reader_of(line, length - SCRIM_JOURNAL_SIGNATURE - 1);
    if (!take_json(&reader, &record, prev))
        return scrim_fail(error, SCRIM_EFORMAT, "not a journal record (at byte %zu)",
                          length - SCRIM_JOURNAL_SIGNATURE - 1 - reader.left);
    if (public_key && scrim_journal_verify(line, length, public_key) < 0)
        return scrim_fail(error, SCRIM_EAUTH, "the signature does not fit the line");
    *ret = record;
    memcpy(ret_prev, prev, sizeof prev);
    return SCRIM_OK;
}
