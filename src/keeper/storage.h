// Storage that is admitted: all that the keeper decides about sealed files. One object, one thread,
// called from the keeper's loop; each call does a bounded piece of work and says when it wants the
// next, so that hour keys are served in between.
//
//     sweep      what is past its retention goes: hour keys first, files after
//     purge      what has to go early, so that no disk is ever full
//     holds      nothing that a hold keeps goes, whoever asks
//     admission  is there disk for what scrim.yaml promises
//     forecast   when will a disk be full
//
// A disk that hangs hangs its caller: the keys of the next hour are made and handed out an hour
// ahead for that reason, too.
#pragma once

#include "keeper/admission.h"
#include "keeper/purge.h"
#include "site/config.h"
#include "store/hour_ring.h"

struct scrim_storage;

struct scrim_storage_handler {
    // For SCRIM_LINK_PURGED to the recorder; false while none listens, and it is said again later.
    bool (*purged)(void *context, const struct scrim_purge *purge);
    // For SCRIM_LINK_STORAGE to the desk (docs/ref/formats/storage-status.md): every ten seconds
    // and on change. Also in run/storage.json.
    void (*status)(void *context, const char *json, size_t length);
    void *context;
};

// Before the sandbox: makes state/keeper and state/holds. Refuses a configuration that is new and
// not funded (SCRIM_ENOSPACE): the sentence says what is needed, what there is and what fits, the
// lines behind it are logged. `site` and `ring` must outlive it. Needs, once confined: to read and
// remove below store/ and all disks; to read state/holds, state/disks and veil/; everything below
// state/keeper; to create and replace run/storage.json.
SCRIM_MUST_CHECK int scrim_storage_create(const struct scrim_site *site,
                                          struct scrim_hour_ring *ring,
                                          const struct scrim_storage_handler *handler,
                                          struct scrim_storage **ret, struct scrim_error *error);
void scrim_storage_destroy(struct scrim_storage *storage); // NULL is fine

// Some work, at most about 50 ms of it where the disks answer. Returns the monotonic µs of the next
// call.
int64_t scrim_storage_tick(struct scrim_storage *storage);

// A camera as it would be.
struct scrim_storage_wish {
    const char *camera;
    bool gone; // taken out
    uint32_t retention_hours;
    double expected_mbit; // 0: not given
    enum scrim_keep keep;
};
// Would the disks still do? `ret_text`: needed, funded, and what would fit, or why that is not
// known now. Does no work on a disk.
bool scrim_storage_ask(struct scrim_storage *storage, const struct scrim_storage_wish *wish,
                       char ret_text[SCRIM_ADMISSION_TEXT]);

// Destroys these hours for good, keys first, unless a hold keeps any of them: then SCRIM_EBUSY,
// nothing happens, and the sentence names the hold. `ret_done` gets a sentence that counts what was
// destroyed; the files go in the next ticks. The journal is told as of a purge of cause operator.
SCRIM_MUST_CHECK int scrim_storage_shred(struct scrim_storage *storage,
                                         const struct scrim_hour_range *range, const char *reason,
                                         struct scrim_buf *ret_done, struct scrim_error *error);
