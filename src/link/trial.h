// A live test of a camera's address: what the desk asks of the recorder's parent (TRY), and what
// comes back of it, step by step (TRIED). Nothing of what the camera sent comes back but figures
// and the fingerprint of its certificate: the sentences are made here, of codes.
//
//     TRY    u32 number, u8 transport (0 auto, 1 TCP, 2 UDP), u8 1 with a fingerprint and its 32
//            bytes, or u8 0; then URL, user and password, each u16 length and bytes
//     TRIED  u32 number, u8 step, u8 outcome, u8 1 if it is the last, u8 codec, u32 width, u32
//            height, u32 pictures in 1,000 s, u64 bits a second, u32 ms between key frames, u8 1
//            with a fingerprint and its 32 bytes, or u8 0
#pragma once

#include "link/link.h"

#define SCRIM_TRIAL_URL_MAX 512
#define SCRIM_TRIAL_USER_MAX 101
#define SCRIM_TRIAL_PASSWORD_MAX 257
#define SCRIM_TRIAL_FINGERPRINT 32
#define SCRIM_TRIAL_SECONDS 15 // that one takes at most
#define SCRIM_TRIALS_AT_ONCE 2

struct scrim_trial_wish {
    uint32_t number;
    uint8_t transport; // as enum scrim_transport
    bool pinned;
    uint8_t fingerprint[SCRIM_TRIAL_FINGERPRINT];
    char url[SCRIM_TRIAL_URL_MAX];
    char user[SCRIM_TRIAL_USER_MAX];         // "": none
    char password[SCRIM_TRIAL_PASSWORD_MAX]; // wipe the whole with scrim_trial_wish_wipe
};

enum scrim_trial_step {
    SCRIM_TRIAL_ADDRESS, // the text of it
    SCRIM_TRIAL_NAME,
    SCRIM_TRIAL_CONNECT,
    SCRIM_TRIAL_TLS,
    SCRIM_TRIAL_SIGN_IN,
    SCRIM_TRIAL_DESCRIBE,
    SCRIM_TRIAL_PICTURES,
    SCRIM_TRIAL_STEPS
};
const char *scrim_trial_step_text(enum scrim_trial_step step); // "address", "name", …

enum scrim_trial_outcome {
    SCRIM_TRIAL_GOOD,
    SCRIM_TRIAL_NAME_UNKNOWN,
    SCRIM_TRIAL_NAME_SERVER,
    SCRIM_TRIAL_REFUSED,
    SCRIM_TRIAL_UNREACHABLE,
    SCRIM_TRIAL_SILENT, // no answer in time
    SCRIM_TRIAL_UNTRUSTED,
    SCRIM_TRIAL_OTHER_CERTIFICATE,
    SCRIM_TRIAL_NO_TLS,
    SCRIM_TRIAL_PASSWORD_WANTED,
    SCRIM_TRIAL_PASSWORD_WRONG,
    SCRIM_TRIAL_NOT_RTSP,
    SCRIM_TRIAL_WEB_SERVER,
    SCRIM_TRIAL_SPEAKS_TLS,
    SCRIM_TRIAL_NO_SUCH_STREAM,
    SCRIM_TRIAL_BUSY,
    SCRIM_TRIAL_NO_TRANSPORT,
    SCRIM_TRIAL_NO_VIDEO,
    SCRIM_TRIAL_CODEC,
    SCRIM_TRIAL_ENCRYPTED,
    SCRIM_TRIAL_REDIRECTED,
    SCRIM_TRIAL_UNUSABLE, // answers or pictures that cannot be understood
    SCRIM_TRIAL_CLOSED,
    SCRIM_TRIAL_NO_PICTURES,
    SCRIM_TRIAL_NO_KEY_FRAME,
    SCRIM_TRIAL_FAILED, // on our side
    SCRIM_TRIAL_OUTCOMES
};

struct scrim_trial_report {
    uint32_t number;
    enum scrim_trial_step step;
    enum scrim_trial_outcome outcome;
    bool last;
    uint8_t codec; // enum scrim_codec; 0: not known
    uint32_t width, height;
    uint32_t mfps;        // pictures in 1,000 s
    uint64_t bitrate;     // bits a second
    uint32_t keyframe_ms; // between key frames; 0: fewer than two came
    bool has_fingerprint;
    uint8_t fingerprint[SCRIM_TRIAL_FINGERPRINT]; // SHA-256 of the certificate that was shown
};

#define SCRIM_TRIAL_WISH_BYTES 1024 // room for the largest
#define SCRIM_TRIAL_REPORT_BYTES 128
SCRIM_MUST_CHECK int scrim_trial_wish_format(const struct scrim_trial_wish *wish,
                                             struct scrim_buf *ret);
SCRIM_MUST_CHECK int scrim_trial_report_format(const struct scrim_trial_report *report,
                                               struct scrim_buf *ret);
// False for anything that the two above do not make.
bool scrim_trial_wish_parse(const void *body, size_t count, struct scrim_trial_wish *ret);
bool scrim_trial_report_parse(const void *body, size_t count, struct scrim_trial_report *ret);
void scrim_trial_wish_wipe(struct scrim_trial_wish *wish);

#define SCRIM_TRIAL_WORDS 400
// What happened, and what to do about it.
void scrim_trial_words(const struct scrim_trial_report *report, char ret[SCRIM_TRIAL_WORDS]);
#define SCRIM_TRIAL_ADVICE 5
// What would be better, of a trial that is good; returns how many sentences, static ones.
size_t scrim_trial_advice(const struct scrim_trial_report *report,
                          const char *ret[SCRIM_TRIAL_ADVICE]);
