// Inside of the book of requests: what its files share. All of it runs on the book's thread, but
// for what says otherwise; that thread alone changes the book, under its lock, and reads it
// without.
#pragma once

#include "desk/request_store.h"

#include <pthread.h>

struct scrim_requests {
    struct scrim_log log;
    char dir[SCRIM_PATH_MAX], site[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_acts *acts;
    struct scrim_vault_state *vaults;
    struct scrim_worker *worker; // NULL before _start
    uint64_t next;               // number of the next request
    int64_t complained_us;       // monotonic; 0: never
    void (*stale)(void *context);
    void *stale_context;
    pthread_mutex_t lock;              // leaf lock, protects what follows
    struct scrim_request_entry **list; // ascending numbers
    size_t count;
};

struct scrim_request_entry *book_find(const struct scrim_requests *book, uint64_t number);
void book_add(struct scrim_requests *book, struct scrim_request_entry *owned);
bool book_is_live(enum scrim_request_state state); // it waits, is approved or open

// Fills `told` and returns its status, which is not 0.
int book_refuse(struct scrim_request_told *told, int status, const char *code, const char *format,
                ...) SCRIM_PRINTF(4, 5);
// The status for a failed write: 507 without room, else 500.
int book_refuse_error(struct scrim_request_told *told, int result, const struct scrim_error *error);

// An act with a detail, which it takes over; who NULL: the desk itself. 0, or *told says why not.
int book_log(struct scrim_requests *book, const char *what, const char *who, const char *reason,
             json_t *detail, uint64_t *ret_act, struct scrim_request_told *told);
// In the program's log, at most once a minute: for what nobody waits for.
void book_complain(struct scrim_requests *book, const struct scrim_request_told *told);

// --- steps: request_make.c, request_steps.c. What cannot be is said in *told. ---

// *owned is finished in any case.
void book_make(struct scrim_requests *book, struct scrim_request_wish *owned,
               struct scrim_request_told *told);
void book_decide(struct scrim_requests *book, uint64_t number, const struct scrim_buf *bytes,
                 const char *who, struct scrim_request_told *told);
// `who` NULL: the desk itself.
void book_end(struct scrim_requests *book, uint64_t number, enum scrim_request_state state,
              const char *who, const char *reason, struct scrim_request_told *told);
void book_bad(struct scrim_requests *book, uint64_t number, const uint8_t vault[SCRIM_VAULT_ID],
              unsigned holder, const char *who, struct scrim_request_told *told);
void book_opened(struct scrim_requests *book, uint64_t number, uint64_t act, int64_t until_us,
                 struct scrim_request_told *told);

// --- what goes by itself ---

// request_reconcile.c: what a crash cut between the log and the files. Once, after loading.
void book_reconcile(struct scrim_requests *book);
// request_watch.c: what is due now: expiry, the end of openings, escalation.
void book_watch(struct scrim_requests *book);
// When nobody has decided so long after its making, it is escalated.
int64_t book_escalates_after_us(const struct scrim_request *request);
// request_inbox.c: takes in what `scrim vault approve DIR` left.
void book_inbox(struct scrim_requests *book);
