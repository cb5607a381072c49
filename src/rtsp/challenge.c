#include "rtsp/challenge.h"

#include <string.h>

static void skip(struct scrim_text *text, const char *characters)
{
    for (; text->length > 0 && text->at[0] && strchr(characters, text->at[0]); text->length--)
        text->at++;
}

static struct scrim_text take_until(struct scrim_text *text, const char *characters)
{
    struct scrim_text taken = {text->at, 0};
    for (; text->length > 0 && !(text->at[0] && strchr(characters, text->at[0])); text->length--) {
        text->at++;
        taken.length++;
    }
    return taken;
}

// Behind the opening quote, up to the closing one; a backslash takes the character behind it along.
static struct scrim_text take_quoted(struct scrim_text *text)
{
    struct scrim_text taken = {text->at, 0};
    while (taken.length < text->length && text->at[taken.length] != '"')
        taken.length += text->at[taken.length] == '\\' && taken.length + 1 < text->length ? 2 : 1;
    const size_t used = taken.length < text->length ? taken.length + 1 : taken.length;
    text->at += used;
    text->length -= used;
    return taken;
}

bool scrim_rtsp_next_parameter(struct scrim_text *field, struct scrim_text *ret_name,
                               struct scrim_text *ret_value)
{
    skip(field, ", \t\r\n");
    if (field->length == 0)
        return false;
    *ret_name = take_until(field, "=, \t\r\n");
    *ret_value = (struct scrim_text){0};
    skip(field, " \t\r\n");
    if (field->length == 0 || field->at[0] != '=')
        return true;
    field->at++;
    field->length--;
    skip(field, " \t\r\n");
    if (field->length > 0 && field->at[0] == '"') {
        field->at++;
        field->length--;
        *ret_value = take_quoted(field);
    } else {
        *ret_value = take_until(field, ", \t\r\n");
    }
    return true;
}

bool scrim_rtsp_copy_quoted(struct scrim_text value, char *ret, size_t room)
{
    if (value.length >= room)
        return false;
    bool escaped = false;
    for (size_t i = 0; i < value.length; i++) {
        const unsigned char c = (unsigned char)value.at[i];
        if (c < 0x20 || c == 0x7f || (c == '"' && !escaped))
            return false;
        escaped = c == '\\' && !escaped;
    }
    if (escaped)
        return false;
    if (value.length > 0)
        memcpy(ret, value.at, value.length);
    ret[value.length] = '\0';
    return true;
}

// What was read of one challenge, and whether it can be answered.
struct draft {
    struct scrim_rtsp_challenge challenge;
    bool has_realm, has_nonce, unusable;
};

static void begin(struct draft *draft, struct scrim_text scheme)
{
    *draft = (struct draft){0};
    if (scrim_text_is(scheme, "Digest"))
        draft->challenge.scheme = SCRIM_RTSP_DIGEST_MD5; // unless `algorithm` says otherwise
    else if (scrim_text_is(scheme, "Basic"))
        draft->challenge.scheme = SCRIM_RTSP_BASIC;
}

static void read_algorithm(struct draft *draft, struct scrim_text value)
{
    static const struct {
        const char *name;
        enum scrim_rtsp_scheme scheme;
        bool session;
    } algorithms[] = {
        {"MD5", SCRIM_RTSP_DIGEST_MD5, false},
        {"MD5-sess", SCRIM_RTSP_DIGEST_MD5, true},
        {"SHA-256", SCRIM_RTSP_DIGEST_SHA256, false},
        {"SHA-256-sess", SCRIM_RTSP_DIGEST_SHA256, true},
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!scrim_text_is(value, algorithms[i].name))
            continue;
        draft->challenge.scheme = algorithms[i].scheme;
        draft->challenge.session = algorithms[i].session;
        draft->challenge.algorithm_said = true;
        return;
    }
    draft->unusable = true;
}

// qop="auth,auth-int"; an empty one is as good as none.
static void read_qop(struct draft *draft, struct scrim_text value)
{
    const bool says_nothing = value.length == 0;
    struct scrim_text option;
    while (scrim_text_split(&value, ',', &option))
        draft->challenge.qop |= scrim_text_is(scrim_text_trim(option), "auth");
    draft->unusable |= !draft->challenge.qop && !says_nothing;
}

static void read_digest_parameter(struct draft *draft, struct scrim_text name,
                                  struct scrim_text value)
{
    struct scrim_rtsp_challenge *challenge = &draft->challenge;
    if (scrim_text_is(name, "realm")) {
        draft->has_realm = scrim_rtsp_copy_quoted(value, challenge->realm, sizeof challenge->realm);
    } else if (scrim_text_is(name, "nonce")) {
        draft->has_nonce = scrim_rtsp_copy_quoted(value, challenge->nonce, sizeof challenge->nonce);
    } else if (scrim_text_is(name, "opaque")) {
        challenge->has_opaque =
            scrim_rtsp_copy_quoted(value, challenge->opaque, sizeof challenge->opaque);
        draft->unusable |= !challenge->has_opaque;
    } else if (scrim_text_is(name, "stale")) {
        challenge->stale = scrim_text_is(value, "true");
    } else if (scrim_text_is(name, "algorithm")) {
        read_algorithm(draft, value);
    } else if (scrim_text_is(name, "qop")) {
        read_qop(draft, value);
    }
}

static void consider(const struct draft *draft, struct scrim_rtsp_challenge *best)
{
    const bool digest = draft->challenge.scheme > SCRIM_RTSP_BASIC;
    if (draft->unusable || (digest && !(draft->has_realm && draft->has_nonce)) ||
        draft->challenge.scheme <= best->scheme)
        return;
    *best = draft->challenge;
}

void scrim_rtsp_challenge_read(struct scrim_text field, struct scrim_rtsp_challenge *best)
{
    struct draft draft = {0};
    struct scrim_text name, value;
    while (scrim_rtsp_next_parameter(&field, &name, &value)) {
        if (!value.at) {
            consider(&draft, best);
            begin(&draft, name);
        } else if (draft.challenge.scheme > SCRIM_RTSP_BASIC) {
            read_digest_parameter(&draft, name, value);
        }
    }
    consider(&draft, best);
}
