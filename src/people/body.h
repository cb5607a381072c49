// Bodies of requests: one JSON object with the members of a table, no other, none twice, each of
// its type and length. Hostile input is fine; the copies that the parser made are wiped.
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

#define SCRIM_BODY_NAME_MAX 32 // bytes of one name in a list

enum scrim_body_type {
    SCRIM_BODY_TEXT,   // char[size]: UTF-8, at most size - 1 bytes, no control characters
    SCRIM_BODY_LINES,  // the same, but line breaks are fine
    SCRIM_BODY_SECRET, // the same, with any character but NUL
    SCRIM_BODY_TIME,   // int64_t: ms since 1970, up to the year 2100
    SCRIM_BODY_NAMES,  // struct scrim_names: at most `size` texts
    SCRIM_BODY_JSON,   // json_t *: any value; the caller drops it
};

struct scrim_body_member {
    const char *name; // NULL ends the table
    enum scrim_body_type type;
    size_t offset; // in the caller's struct
    size_t size;
    bool optional;
};

struct scrim_names {
    char (*list)[SCRIM_BODY_NAME_MAX + 1]; // owned
    size_t count;
};
void scrim_names_finish(struct scrim_names *names); // NULL and zeroed are fine
bool scrim_names_have(const struct scrim_names *names, const char *name);

// Fills `ret`, zeroed by the caller. *ret_given has bit i for each members[i] that stood there. On
// SCRIM_EINVAL the sentence says which member is wrong, and `ret` may hold some of them: it is to
// be finished, and wiped where it has secrets, in either case.
SCRIM_MUST_CHECK int scrim_body_parse(const void *bytes, size_t count,
                                      const struct scrim_body_member *members, void *ret,
                                      unsigned *ret_given, struct scrim_error *error);
