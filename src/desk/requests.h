// The book of requests: who asks that originals are opened and why, which holders agreed, what
// became of it. docs/ref/formats/request.md describes its files, docs/guide/requests.md its rules.
//
// A request is a folder, state/requests/<number>, of files that are written once and never changed:
//
//     request.json, segments.json    what is asked for; the digest of request.json is its id
//     decision-<vault8>-<i>.json     what holder i of a vault decided, as they signed it
//     bad-<vault8>-<i>.json          the requester found a false part in it
//     escalated.json                 nobody had answered for long
//     opened.json                    the first opening, and until when it lasts
//     end.json                       withdrawn, refused, expired or ended: nothing follows
//
// Its state follows from them and from the time. Each step is in the log of acts before its file is
// written; what a crash cut in between is put right at the next start. scrim-opener believes none
// of this: it verifies the files and the log itself.
//
// A thread of its own writes. Time never goes back: it is the later of the clock and of the latest
// line in the log of acts.
#pragma once

#include "desk/acts.h"
#include "desk/vault_state.h"
#include "vault/decision.h"
#include "vault/request.h"

#define SCRIM_REQUESTS_DIR "state/requests"
#define SCRIM_REQUESTS_INBOX "state/requests/inbox"
#define SCRIM_REQUESTS_SITE_MAX 200 // that wait, or are approved or open
#define SCRIM_REQUESTS_PERSON_MAX 8 // the same, of one person
#define SCRIM_REQUESTS_KEPT 2000    // that the desk knows; older ones stay on the disk
#define SCRIM_REQUEST_NUMBER_MAX 999999999
#define SCRIM_DECISION_MAX (8U << 20) // bytes of its JSON

enum scrim_request_state {
    SCRIM_REQUEST_WAITING,
    SCRIM_REQUEST_APPROVED, // enough holders of each of its vaults agree
    SCRIM_REQUEST_OPEN,     // since the first opening, until view_s later
    SCRIM_REQUEST_REFUSED,  // so many refused that not enough can agree any more
    SCRIM_REQUEST_WITHDRAWN,
    SCRIM_REQUEST_EXPIRED,
    SCRIM_REQUEST_ENDED, // by the requester, after its time, or because the vault was refreshed
    SCRIM_REQUEST_STATES
};
const char *scrim_request_state_text(enum scrim_request_state state);

struct scrim_request_vault {
    uint8_t id[SCRIM_VAULT_ID], dealing[32];
    unsigned threshold, holders; // 0: of a vault that the site does not know any more
};

struct scrim_request_decided {
    uint8_t vault[SCRIM_VAULT_ID];
    unsigned holder;
    bool approve, bad; // bad: its parts were found false by the requester
    char name[64];
    char *reason;            // owned
    int64_t at_us, taken_us; // when the holder says; when the desk had it
    int64_t act;             // its line in the log of acts; -1: taken before the desk's last start
};

struct scrim_request_end {
    enum scrim_request_state state;
    char who[96];  // "": the desk itself
    char *reason;  // owned; NULL: none
    int64_t at_us; // 0: it has not ended
};

// One of the book. Read only under its lock: inside of the callbacks below.
struct scrim_request_entry {
    struct scrim_request request;
    uint8_t id[SCRIM_REQUEST_ID];
    uint64_t bytes;                          // of all its segments
    int64_t earliest_us;                     // start of the first of them
    struct scrim_request_vault *vaults;      // as many as the request names
    struct scrim_request_decided *decisions; // in the order in which they came
    size_t decisions_count;
    int64_t opened_us, until_us, escalated_us; // 0: not
    struct scrim_request_end end;
};

struct scrim_requests;

// Reads the book, while files may still be opened freely. A request that is not whole is said in
// the log and left out. `acts` and `vaults` must outlive it.
SCRIM_MUST_CHECK int scrim_requests_open(const char *dir, const char *site, struct scrim_acts *acts,
                                         struct scrim_vault_state *vaults,
                                         struct scrim_requests **ret, struct scrim_error *error);
// `stale` is called on the loop's thread when only a new start lets the desk read the vault.
SCRIM_MUST_CHECK int scrim_requests_start(struct scrim_requests *requests, uv_loop_t *loop,
                                          void (*stale)(void *context), void *context,
                                          struct scrim_error *error);
// Finishes what is being written. The loop must run once more before _free. Both take NULL.
void scrim_requests_stop(struct scrim_requests *requests);
void scrim_requests_free(struct scrim_requests *requests);

// --- questions, on any thread ---

int64_t scrim_requests_now(struct scrim_requests *requests);
enum scrim_request_state scrim_request_state(const struct scrim_request_entry *entry,
                                             int64_t now_us);
typedef void (*scrim_request_see)(void *context, const struct scrim_request_entry *entry);
// One of them; false if there is none. Callbacks are short and ask nothing of the book.
bool scrim_requests_see(struct scrim_requests *requests, uint64_t number, scrim_request_see see,
                        void *context);
// All, newest first.
void scrim_requests_each(struct scrim_requests *requests, scrim_request_see see, void *context);
// Those of the same cameras and time, but for this one, that are not over. Only inside of a
// callback.
size_t scrim_requests_beside(struct scrim_requests *requests,
                             const struct scrim_request_entry *entry, int64_t now_us, uint64_t *ret,
                             size_t max);
// Path of one of a request's files.
SCRIM_MUST_CHECK int scrim_requests_path(const struct scrim_requests *requests, uint64_t number,
                                         const char *file, char ret[SCRIM_PATH_MAX]);
// Whether a path names this decision: "3", or "0a1b2c3d-3" where there are several vaults.
bool request_decision_named(const struct scrim_request_decided *decided, const char *name);
// "decision-<vault8>-<holder>.json" and the like.
void scrim_request_file_of(const char *kind, const uint8_t vault[SCRIM_VAULT_ID], unsigned holder,
                           char ret[64]);

// From making to the approval that was enough, of those approved that the book knows.
struct scrim_request_latency {
    unsigned count;
    double median_s, p90_s, sum_s;
};
struct scrim_request_latency scrim_requests_latency(struct scrim_requests *requests);

// --- steps. Each is written on the book's thread, then `done` is called on the loop's. ---

// What became of a step. `status` 0: it is done; else an HTTP status, with its code and sentence.
struct scrim_request_told {
    int status;
    const char *code; // static
    char text[512];
    uint64_t number;
};
typedef void (*scrim_request_done)(void *context, const struct scrim_request_told *told);

struct scrim_request_wish {
    struct scrim_request request; // without what the book fills in; taken over
    struct scrim_buf segments;    // segments.json as scrim-opener gave it; taken over
    int64_t expires_s;
};
// False if too many steps wait: then `done` is never called. So for the others, too.
SCRIM_MUST_CHECK bool scrim_requests_make(struct scrim_requests *requests,
                                          struct scrim_request_wish *wish, scrim_request_done done,
                                          void *context);
// `bytes` is taken over: the decision's exact JSON. `who` handed it in.
SCRIM_MUST_CHECK bool scrim_requests_decide(struct scrim_requests *requests, uint64_t number,
                                            struct scrim_buf *bytes, const char *who,
                                            scrim_request_done done, void *context);
// Withdrawn or ended, by `who`. `reason` may be NULL.
SCRIM_MUST_CHECK bool scrim_requests_end(struct scrim_requests *requests, uint64_t number,
                                         enum scrim_request_state state, const char *who,
                                         const char *reason, scrim_request_done done,
                                         void *context);
// The requester found false parts in a holder's approval.
SCRIM_MUST_CHECK bool scrim_requests_bad(struct scrim_requests *requests, uint64_t number,
                                         const uint8_t vault[SCRIM_VAULT_ID], unsigned holder,
                                         const char *who, scrim_request_done done, void *context);
// scrim-opener opened it, as act `act` asked: from now on it is open.
SCRIM_MUST_CHECK bool scrim_requests_opened(struct scrim_requests *requests, uint64_t number,
                                            uint64_t act, int64_t until_us, scrim_request_done done,
                                            void *context);
