// The second step of signing in. Whoever gave the right password and has codes or security keys
// gets a ticket instead of a session; it is good for three minutes and a few tries, from the
// address it was given to. Tickets, challenges and what is known of everybody's factors live on the
// loop's thread; site.db is read and written on that of desk->auth.
#pragma once

#include "desk/auth.h"
#include "people/factors.h"

struct scrim_second_step;

// Opens what it needs below DIR, while files may still be opened.
SCRIM_MUST_CHECK int scrim_second_step_open(const char *dir, struct scrim_second_step **ret,
                                            struct scrim_error *error);
void scrim_second_step_close(struct scrim_second_step *second); // NULL is fine
// On the thread of desk->auth only.
struct scrim_factors *scrim_second_step_factors(struct scrim_second_step *second);

// --- signing in ---

// What a password that was right still wants.
struct scrim_second_need {
    bool wanted;
    struct scrim_user user;
    struct scrim_factor_state state;
    struct scrim_factor_key *keys; // owned
    size_t keys_count;
};
// On the thread of desk->auth.
SCRIM_MUST_CHECK int scrim_second_step_look(struct scrim_second_step *second,
                                            const struct scrim_user *user,
                                            struct scrim_second_need *ret,
                                            struct scrim_error *error);
void scrim_second_need_finish(struct scrim_second_need *need);
// On the loop's: answers 202 with a ticket.
void scrim_second_step_ask(struct scrim_desk *desk, struct scrim_http_request *request,
                           const struct scrim_second_need *need);

// --- what is known of everybody ---

// Takes the news over.
void scrim_second_step_take(struct scrim_second_step *second, struct scrim_factor_news *news);
// All zero for somebody who has a password only.
struct scrim_factor_state scrim_second_step_state(const struct scrim_second_step *second,
                                                  int64_t user_id);
bool scrim_second_step_required(const struct scrim_second_step *second, enum scrim_role role);
unsigned scrim_second_step_roles(const struct scrim_second_step *second);
// True for who must have a second step, has none, and may do nothing but get one until then. An
// account at a provider without a password here has its second step there.
bool scrim_second_step_owed(const struct scrim_second_step *second, int64_t user_id,
                            enum scrim_role role);

// --- challenges for new security keys, one a session ---

// A fresh one. False if the host that was asked cannot have security keys.
bool scrim_second_step_challenge(struct scrim_second_step *second,
                                 const struct scrim_http_request *request,
                                 const uint8_t session[SCRIM_SESSION_HASH],
                                 uint8_t ret[SCRIM_WEBAUTHN_CHALLENGE]);

// What an answer must have been made for; the two strings of `is` point into it.
struct scrim_second_expected {
    struct scrim_webauthn_expected is;
    char origin[SCRIM_WEBAUTHN_HOST_MAX + 16], rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1];
};
// Hands the challenge out, once. False if there is none, or it is too old.
bool scrim_second_step_redeem(struct scrim_second_step *second,
                              const struct scrim_http_request *request,
                              const uint8_t session[SCRIM_SESSION_HASH],
                              struct scrim_second_expected *ret);

// base64url of bytes as a JSON string.
json_t *scrim_second_step_bytes(const void *bytes, size_t count);
