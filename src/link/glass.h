// Break-glass between the programs, in frames of link.h. What it is: docs/guide/break-glass.md.
//
//     GLASS_KEY    scrim-keeper to scrim-recorder, unasked: i64 start_us, i64 end_us, u64 good_us,
//                  32 bytes X25519: segments that start in [start_us, end_us) UTC, and within
//                  good_us from now on, get it as a second recipient. It takes the place of any
//                  other of the same start. Ends with the connection
//     GLASS_ASK    scrimd to scrim-keeper: struct scrim_glass_ask
//     GLASS_ANSWER scrim-keeper to scrimd: struct scrim_glass_answer
//     GLASS_STATE  scrim-keeper to scrimd, when it connects and on change: JSON text
//                  (docs/ref/formats/glass.md)
#pragma once

#include "link/link.h"

#define SCRIM_GLASS_NAME_MAX 127  // bytes of a user's name
#define SCRIM_GLASS_TEXT_MAX 1000 // bytes of a reason or a review
#define SCRIM_GLASS_AGE_MAX 4096  // bytes of the age file with the keys
#define SCRIM_GLASS_STATE_MAX (256U << 10)

struct scrim_glass_key {
    int64_t start_us, end_us, good_us;
    uint8_t key[32];
};
SCRIM_MUST_CHECK int scrim_glass_key_format(const struct scrim_glass_key *key,
                                            struct scrim_buf *ret);
bool scrim_glass_key_parse(const void *body, size_t count, struct scrim_glass_key *ret);

enum scrim_glass_verb {
    SCRIM_GLASS_BREAK,  // text: the reason
    SCRIM_GLASS_KEYS,   // the keys again: a new quarter of an hour has begun
    SCRIM_GLASS_END,    // before its time, whoever asks: it takes nothing from anybody
    SCRIM_GLASS_SEEN,   // a keyholder has seen the alarm
    SCRIM_GLASS_REVIEW, // text: the review
    SCRIM_GLASS_VERBS
};

// u32 number, u8 verb, u64 glass, u16 and who, u16 and text, 32 bytes of recipient
struct scrim_glass_ask {
    uint32_t number; // of the question
    enum scrim_glass_verb verb;
    uint64_t glass;                      // which; 0 for BREAK
    char who[SCRIM_GLASS_NAME_MAX + 1];  // the user of the desk, as the desk says
    char text[SCRIM_GLASS_TEXT_MAX + 1]; // "" but for BREAK and REVIEW
    uint8_t recipient[32];               // BREAK: X25519, whom the keys are encrypted to
};
SCRIM_MUST_CHECK int scrim_glass_ask_format(const struct scrim_glass_ask *ask,
                                            struct scrim_buf *ret);
bool scrim_glass_ask_parse(const void *body, size_t count, struct scrim_glass_ask *ret);

enum scrim_glass_outcome {
    SCRIM_GLASS_DONE,
    SCRIM_GLASS_OFF,        // scrim.yaml has no break_glass
    SCRIM_GLASS_NOT_NAMED,  // nor that user in it
    SCRIM_GLASS_UNDER_WAY,  // somebody else's, or the same
    SCRIM_GLASS_TOO_SOON,   // after the last
    SCRIM_GLASS_REVIEW_DUE, // too many or too old without one
    SCRIM_GLASS_OVER,       // its ten minutes are, or it was ended
    SCRIM_GLASS_NONE,       // there is no such break, or it has its review
    SCRIM_GLASS_OWN,        // nobody reviews what they did themselves
    SCRIM_GLASS_WRONG,      // no reason, no usable recipient
    SCRIM_GLASS_FAILED,     // on the keeper's side
    SCRIM_GLASS_OUTCOMES
};

// u32 number, u8 outcome, u64 glass, i64 until_us, i64 keys_until_us, u16 and text, u16 and the age
// file
struct scrim_glass_answer {
    uint32_t number;
    enum scrim_glass_outcome outcome;
    uint64_t glass;
    int64_t until_us;      // BREAK, KEYS: UTC, its end
    int64_t keys_until_us; // BREAK, KEYS: UTC, when a quarter begins that these keys are not for
    char text[200];        // a sentence, if it is not DONE
    uint8_t age[SCRIM_GLASS_AGE_MAX]; // BREAK, KEYS: for the recipient; src/keeper/glass_keys.h
    size_t age_len;
};
SCRIM_MUST_CHECK int scrim_glass_answer_format(const struct scrim_glass_answer *answer,
                                               struct scrim_buf *ret);
bool scrim_glass_answer_parse(const void *body, size_t count, struct scrim_glass_answer *ret);
