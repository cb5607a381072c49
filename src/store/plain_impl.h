// Inside src/store: the reader and the exporter of one segment.
#pragma once

#include "store/plain.h"
#include "store/tail.h"

// In locked memory as a whole: it holds keys and plaintext.
struct scrim_plain {
    int fd;
    char path[SCRIM_PATH_MAX], tail_path[SCRIM_PATH_MAX]; // tail_path "": none
    bool whole, ended;
    uint64_t size; // if whole
    size_t payload_at;
    uint64_t index; // of the next chunk
    uint8_t file_key[SCRIM_AGE_FILE_KEY], payload_key[32], tail_key[SCRIM_TAIL_KEY];
    uint8_t nonce[SCRIM_AGE_NONCE];
    struct scrim_plain_chunk rest; // what scrim_plain_read has not handed out yet
    uint8_t sealed[SCRIM_AGE_SEALED_CHUNK], bytes[SCRIM_AGE_CHUNK];
};
