// A window on characters that somebody else owns, not NUL-terminated: how the parsers of this
// folder look at what a camera said.
#pragma once

#include "base/error.h"

#include <stdint.h>

struct scrim_text {
    const char *at;
    size_t length;
};

struct scrim_text scrim_text_of(const char *string);
// Without regard to case (A to Z only), as header names, parameters and codecs are compared.
bool scrim_text_is(struct scrim_text text, const char *word);
bool scrim_text_starts(struct scrim_text text, const char *word);
// Without white space (line breaks of a folded header field included) at both ends.
struct scrim_text scrim_text_trim(struct scrim_text text);
// Takes what stands before the first `separator`, or all, off the front of *rest. False when *rest
// is used up (at == NULL), so that "a,,b" yields three parts and "" one.
bool scrim_text_split(struct scrim_text *rest, char separator, struct scrim_text *ret);
// As _split for any run of white space; never yields an empty part.
bool scrim_text_word(struct scrim_text *rest, struct scrim_text *ret);
// "name=value" into its trimmed parts; value is empty (at == NULL) where no '=' is.
void scrim_text_pair(struct scrim_text text, struct scrim_text *ret_name,
                     struct scrim_text *ret_value);
// Decimal digits and nothing else, up to `max`.
SCRIM_MUST_CHECK bool scrim_text_number(struct scrim_text text, uint32_t max, uint32_t *ret);
// As a NUL-terminated string. False, and nothing copied, when it does not fit or holds anything but
// visible ASCII: what we keep goes into our requests again.
SCRIM_MUST_CHECK bool scrim_text_copy(struct scrim_text text, char *ret, size_t room);
