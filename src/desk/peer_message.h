// The bodies of the messages that the desk receives, out of their bytes (link.h). Pure and strict.
#pragma once

#include "desk/live.h"
#include "link/link.h"

#include <jansson.h>

struct scrim_peer_hello {
    uint16_t worker, workers; // workers 0: 0 is the recorder, 1 the keeper,
                              // 2 who tries addresses
};

struct scrim_peer_init {
    uint16_t width, height;
    char mime[96];
    const uint8_t *segment; // a view
    size_t segment_len;
};

struct scrim_peer_veil_state {
    enum scrim_live_state state;
    char reason[256]; // UTF-8
};

struct scrim_peer_areas_taken {
    uint64_t revision;
    bool understood;
};

struct scrim_peer_admitted {
    uint32_t number; // of the question
    bool ok;
    char text[512]; // the keeper's arithmetic, UTF-8
};

// Each returns false for a body that is not exactly of its kind.
bool scrim_peer_hello_parse(const struct scrim_link_message *message, struct scrim_peer_hello *ret);
bool scrim_peer_init_parse(const struct scrim_link_message *message, struct scrim_peer_init *ret);
bool scrim_peer_frame_parse(const struct scrim_link_message *message, struct scrim_live_frame *ret);
// The keeper's STORAGE (docs/ref/formats/storage-status.md); the caller's reference. NULL if it is
// not of that kind.
json_t *scrim_peer_storage_parse(const struct scrim_link_message *message);
bool scrim_peer_admitted_parse(const struct scrim_link_message *message,
                               struct scrim_peer_admitted *ret);
bool scrim_peer_areas_taken_parse(const struct scrim_link_message *message,
                                  struct scrim_peer_areas_taken *ret);
bool scrim_peer_veil_state_parse(const struct scrim_link_message *message,
                                 struct scrim_peer_veil_state *ret);
