// What scrimd and scrim-opener say to each other over run/opener.sock: structs of one size each way
// (datagram.h; both are of one build), larger things as descriptors beside them. scrim-opener
// connects and shows the content of state/opener/peer.key, which scrimd makes; then scrimd asks, at
// most SCRIM_OPENER_WAITING questions at a time, and each is answered once, in any order.
//
//     HELLO         scrim-opener, first of all: `proof`
//     FIND          cameras, from_us, to_us: which sealed segments are there?
//                   A memory file: segments.json (docs/ref/formats/request.md), or a sentence
//     OPEN          request: the keys of its hours, if everything that must be true is
//                   A memory file: the age file to the request's recipient; until_us
//     SEGMENT       request, index: one sealed segment of a request that is open
//                   Its descriptor, for reading, `bytes` long; of a torn one that of its tail too
//
//     GLASS_LIST    cameras[0]: its segments that the break of glass shows which is under way, by
//                   state/keeper/glass-now (store/glass_now.h)
//                   A memory file: {"segments":[{"name","start_us","end_us","bytes"}]}, oldest
//                   first; end_us 0: it still grows
//     GLASS_SEGMENT cameras[0], name: one of them
//                   Its descriptor, for reading, and that of its tail where it has one; until_us
//
// Questions of a further kind get numbers after these, and members of their own at the end of
// `struct scrim_opener_question`; one that scrim-opener does not know ends the connection.
//
// scrimd faces the network, so nothing it says here is believed: what may be opened follows from
// signed files. A memory file is sealed (memfd_create(2), F_ADD_SEALS) against any change.
#pragma once

#include <stdint.h>

#define SCRIM_OPENER_SOCKET "run/opener.sock" // below the site directory
#define SCRIM_OPENER_DIR "state/opener"
#define SCRIM_OPENER_PROOF_FILE "state/opener/peer.key"
#define SCRIM_OPENER_PROOF 32 // bytes
#define SCRIM_OPENER_CAMERAS_MAX 16
#define SCRIM_OPENER_WAITING 16
#define SCRIM_OPENER_NAME 32              // bytes, with NUL
#define SCRIM_OPENER_FILE_MAX (64U << 20) // bytes of a memory file

enum scrim_opener_kind {
    SCRIM_OPENER_HELLO,
    SCRIM_OPENER_FIND,
    SCRIM_OPENER_OPEN,
    SCRIM_OPENER_SEGMENT,
    SCRIM_OPENER_GLASS_LIST,
    SCRIM_OPENER_GLASS_SEGMENT,
};

struct scrim_opener_question {
    uint64_t number;        // of this question, from 1; the answer has it too
    uint64_t request;       // OPEN, SEGMENT: the number in state/requests/<number>
    int64_t from_us, to_us; // FIND
    uint32_t kind;          // enum scrim_opener_kind
    uint32_t index;         // SEGMENT: place in segments.json, from 0
    uint32_t cameras_count; // FIND
    char cameras[SCRIM_OPENER_CAMERAS_MAX][32]; // FIND: ids, NUL-padded
    uint32_t reserved;                          // 0
    char name[SCRIM_OPENER_NAME]; // GLASS_SEGMENT: "YYYY-MM-DD_HHMMSS" or "…_HHMMSS-<n>"
};

struct scrim_opener_answer {
    uint64_t number;
    uint64_t bytes;                    // of the memory file, or of the sealed segment
    int64_t until_us;                  // OPEN and SEGMENT: UTC, when the opening ends
    uint32_t kind;                     // as asked, or HELLO
    int32_t result;                    // SCRIM_OK or a negative enum scrim_err
    uint8_t proof[SCRIM_OPENER_PROOF]; // HELLO
    char text[512];                    // what failed, as a sentence, NUL-padded
};
