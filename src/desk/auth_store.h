// What site.db hears of the use of sessions and tokens, without anybody waiting for it. And the way
// from a hash back to who it is. Parts of auth.h; nobody else needs them.
#pragma once

#include "desk/auth.h"

// Notes the use of a session, some minutes at a time, and of a token.
void scrim_auth_store_touch(struct scrim_desk *desk, struct scrim_session *session);
void scrim_auth_store_used(struct scrim_desk *desk, struct scrim_token *token, int64_t now_us);
void scrim_auth_store_drop(struct scrim_desk *desk, const struct scrim_session *session);

// False when it is over.
bool scrim_auth_who_of_hash(struct scrim_desk *desk, const uint8_t hash[SCRIM_SECRET_HASH],
                            struct scrim_who *ret);
