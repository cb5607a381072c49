#include "people/sessions.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS_MAX 1024
#define USER_SESSIONS_MAX 32

struct scrim_sessions {
    struct scrim_session list[SESSIONS_MAX];
    size_t count;
    scrim_session_ended ended;
    void *context;
};

struct scrim_sessions *scrim_sessions_create(void)
{
    return scrim_new(struct scrim_sessions);
}

void scrim_sessions_destroy(struct scrim_sessions *sessions)
{
    free(sessions);
}

void scrim_sessions_on_end(struct scrim_sessions *sessions, scrim_session_ended ended,
                           void *context)
{
    sessions->ended = ended;
    sessions->context = context;
}

void scrim_session_csrf(const char *token, char ret_csrf[SCRIM_SESSION_TOKEN_TEXT])
{
    static const uint8_t purpose[] = "scrim csrf";
    uint8_t mac[32];
    crypto_generichash(mac, sizeof mac, purpose, sizeof purpose - 1, (const uint8_t *)token,
                       SCRIM_SESSION_TOKEN_TEXT - 1);
    sodium_bin2base64(ret_csrf, SCRIM_SESSION_TOKEN_TEXT, mac, sizeof mac,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(mac, sizeof mac);
}

bool scrim_session_csrf_check(const char *token, const char *csrf)
{
    char expected[SCRIM_SESSION_TOKEN_TEXT];
    scrim_session_csrf(token, expected);
    const bool same = csrf && strlen(csrf) == sizeof expected - 1 &&
                      sodium_memcmp(csrf, expected, sizeof expected - 1) == 0;
    sodium_memzero(expected, sizeof expected);
    return same;
}

static void end_at(struct scrim_sessions *sessions, size_t place)
{
    if (sessions->ended)
        sessions->ended(sessions->context, &sessions->list[place]);
    sessions->list[place] = sessions->list[--sessions->count];
}

// The place of the session unused for longest, of one user or of all (user_id 0).
static size_t stalest(const struct scrim_sessions *sessions, int64_t user_id)
{
    size_t found = SESSIONS_MAX;
    for (size_t i = 0; i < sessions->count; i++) {
        const struct scrim_session *session = &sessions->list[i];
        if ((user_id == 0 || session->user_id == user_id) &&
            (found == SESSIONS_MAX || session->seen_us < sessions->list[found].seen_us))
            found = i;
    }
    return found;
}

void scrim_sessions_add(struct scrim_sessions *sessions, const struct scrim_session *session)
{
    size_t same_user = 0;
    for (size_t i = 0; i < sessions->count; i++)
        same_user += sessions->list[i].user_id == session->user_id;
    if (same_user >= USER_SESSIONS_MAX)
        end_at(sessions, stalest(sessions, session->user_id));
    else if (sessions->count == SESSIONS_MAX)
        end_at(sessions, stalest(sessions, 0));
    sessions->list[sessions->count++] = *session;
}

static bool over(const struct scrim_session *session, int64_t now_us)
{
    return now_us - session->seen_us > SCRIM_SESSION_IDLE_US ||
           now_us - session->created_us > SCRIM_SESSION_LIFE_US;
}

struct scrim_session *scrim_sessions_use(struct scrim_sessions *sessions, const char *token,
                                         int64_t now_us)
{
    uint8_t hash[SCRIM_SESSION_HASH];
    if (!scrim_secret_hash(token, hash))
        return NULL;
    for (size_t i = 0; i < sessions->count; i++) {
        struct scrim_session *session = &sessions->list[i];
        if (sodium_memcmp(session->hash, hash, sizeof hash) != 0 || over(session, now_us))
            continue;
        session->seen_us = now_us;
        return session;
    }
    return NULL;
}

void scrim_sessions_end(struct scrim_sessions *sessions, const struct scrim_session *session)
{
    end_at(sessions, (size_t)(session - sessions->list));
}

void scrim_sessions_expire(struct scrim_sessions *sessions, int64_t now_us)
{
    for (size_t i = sessions->count; i-- > 0;)
        if (over(&sessions->list[i], now_us))
            end_at(sessions, i);
}

void scrim_sessions_follow(struct scrim_sessions *sessions, const struct scrim_roster *roster)
{
    for (size_t i = sessions->count; i-- > 0;) {
        struct scrim_session *session = &sessions->list[i];
        const struct scrim_user *user = scrim_roster_user(roster, session->user_id);
        if (!user || user->role != session->role)
            end_at(sessions, i);
        else
            session->cameras = scrim_roster_cameras(roster, &user->groups);
    }
}

void scrim_sessions_end_user(struct scrim_sessions *sessions, int64_t user_id, const uint8_t *keep)
{
    for (size_t i = sessions->count; i-- > 0;) {
        const struct scrim_session *session = &sessions->list[i];
        if (session->user_id == user_id &&
            (!keep || sodium_memcmp(session->hash, keep, SCRIM_SESSION_HASH) != 0))
            end_at(sessions, i);
    }
}

const struct scrim_session *scrim_sessions_at(const struct scrim_sessions *sessions, size_t place)
{
    return place < sessions->count ? &sessions->list[place] : NULL;
}

// The beginning of the hash: it names the session to its owner and opens nothing.
void scrim_session_id(const struct scrim_session *session, char ret[SCRIM_SESSION_ID])
{
    sodium_bin2hex(ret, SCRIM_SESSION_ID, session->hash, (SCRIM_SESSION_ID - 1) / 2);
}

size_t scrim_sessions_count(const struct scrim_sessions *sessions)
{
    return sessions->count;
}
