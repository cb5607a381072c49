// Root keys in a TPM: one index with two slots, one for the current key and one for the next, which
// change places. root.tpm beside the ring says which index, and holds its authorization value. It
// is worth nothing without that TPM, and is never changed.
#include "store/root_key_impl.h"

#include "base/alloc.h"
#include "tpm/nv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES 16
static const char name_of_format[NAME_BYTES + 1] = "scrim-root-tpm 1";
#define FILE_BYTES (NAME_BYTES + 4 + SCRIM_TPM_AUTH)

enum { EMPTY = 0, NEXT = 1, CURRENT = 2 };

struct slot {
    uint8_t generation[8]; // big-endian
    uint8_t zero[7];
    uint8_t state;
    uint8_t key[SCRIM_ROOT_KEY];
};

struct place {
    char path[SCRIM_PATH_MAX]; // of root.tpm
    struct scrim_tpm *tpm;
    struct scrim_tpm_nv nv;
    bool known;         // `nv` is this site's
    struct slot *slots; // two, of sodium_malloc, as last read
};

static void close_place(void *state)
{
    struct place *place = state;
    scrim_tpm_close(place->tpm);
    sodium_free(place->slots);
    sodium_memzero(place, sizeof *place);
    free(place);
}

static int read_name(struct place *place, struct scrim_error *error)
{
    struct scrim_buf file;
    scrim_buf_init(&file, FILE_BYTES);
    int result = scrim_fs_read(place->path, &file, error);
    if (result == SCRIM_ENOENT) {
        result = SCRIM_OK; // a new site
    } else if (result >= 0 &&
               (file.len != FILE_BYTES || memcmp(file.data, name_of_format, NAME_BYTES) != 0)) {
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: this names no index of a TPM", place->path);
    } else if (result >= 0) {
        struct scrim_reader reader =
            scrim_reader_of(file.data + NAME_BYTES, FILE_BYTES - NAME_BYTES);
        place->known = scrim_read_u32(&reader, &place->nv.handle) &&
                       scrim_read_bytes(&reader, place->nv.auth, SCRIM_TPM_AUTH);
    }
    scrim_buf_finish_wipe(&file);
    return result;
}

static int open_place(const struct scrim_site *site, const char *hours_dir, void **ret,
                      struct scrim_error *error)
{
    (void)site;
    struct place *place = scrim_new(struct place);
    place->slots = sodium_malloc(2 * sizeof *place->slots);
    int result = SCRIM_OK;
    if (!place->slots)
        result = scrim_fail(error, SCRIM_ENOMEM, "no locked memory for the root key");
    else if (scrim_path_join(place->path, hours_dir, "root.tpm") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", hours_dir);
    else
        result = scrim_tpm_open(&place->tpm, error);
    if (result >= 0)
        result = read_name(place, error);
    if (result < 0) {
        close_place(place);
        return result;
    }
    *ret = place;
    return SCRIM_OK;
}

static uint64_t generation_of(const struct slot *slot)
{
    uint64_t generation = 0;
    for (size_t i = 0; i < sizeof slot->generation; i++)
        generation = generation << 8 | slot->generation[i];
    return generation;
}

static struct slot *slot_in(struct place *place, uint8_t state)
{
    for (int i = 0; i < 2; i++) {
        if (place->slots[i].state == state)
            return &place->slots[i];
    }
    return NULL;
}

// An index that is named but not there (yet, or not in this TPM) has empty slots.
static int read_slots(struct place *place, struct scrim_error *error)
{
    sodium_memzero(place->slots, 2 * sizeof *place->slots);
    if (!place->known)
        return SCRIM_OK;
    const int result =
        scrim_tpm_nv_read(place->tpm, &place->nv, place->slots, 2 * sizeof *place->slots, error);
    return result == SCRIM_ENOENT || result == SCRIM_EEND ? SCRIM_OK : result;
}

static void give(const struct slot *slot, struct scrim_root_key *ret)
{
    if (!slot)
        return;
    ret->generation = generation_of(slot);
    memcpy(ret->key, slot->key, sizeof ret->key);
}

static int load_slots(void *state, struct scrim_root_keys *ret, struct scrim_error *error)
{
    struct place *place = state;
    const int result = read_slots(place, error);
    if (result < 0)
        return result;
    give(slot_in(place, CURRENT), &ret->current);
    give(slot_in(place, NEXT), &ret->next);
    return SCRIM_OK;
}

static int write_slot(struct place *place, const struct slot *slot, struct scrim_error *error)
{
    return scrim_tpm_nv_write(place->tpm, &place->nv, slot, sizeof *slot,
                              (uint16_t)((size_t)(slot - place->slots) * sizeof *slot), error);
}

static int clear_slot(struct place *place, struct slot *slot, struct scrim_error *error)
{
    if (!slot)
        return SCRIM_OK;
    sodium_memzero(slot, sizeof *slot);
    return write_slot(place, slot, error);
}

// The name is written first: an index that nobody remembers could never be removed.
static int make_index(struct place *place, struct scrim_error *error)
{
    struct scrim_buf file;
    scrim_buf_init(&file, FILE_BYTES);
    int result = SCRIM_OK;
    if (!place->known) {
        scrim_tpm_nv_choose(&place->nv);
        result = scrim_buf_reserve(&file, FILE_BYTES);
        result |= scrim_buf_append(&file, name_of_format, NAME_BYTES);
        result |= scrim_buf_append_u32(&file, place->nv.handle);
        result |= scrim_buf_append(&file, place->nv.auth, SCRIM_TPM_AUTH);
        result = result != SCRIM_OK
                     ? scrim_fail(error, SCRIM_ENOMEM, "%s: out of memory", place->path)
                     : scrim_fs_create(place->path, file.data, file.len, 0600, error);
        scrim_buf_finish_wipe(&file);
    }
    if (result < 0)
        return result;
    place->known = true;
    result = scrim_tpm_nv_define(place->tpm, &place->nv, 2 * sizeof *place->slots, error);
    return result == SCRIM_EEXIST ? SCRIM_OK : result; // of a start that was cut short
}

static int put_next_slot(void *state, const struct scrim_root_key *next, struct scrim_error *error)
{
    struct place *place = state;
    int result = read_slots(place, error);
    if (result < 0)
        return result;
    const bool first_is_current = place->slots[0].state == CURRENT;
    if (!slot_in(place, CURRENT))
        result = make_index(place, error);
    if (result < 0)
        return result;
    struct slot *slot = &place->slots[first_is_current ? 1 : 0]; // the next one is there, if any
    for (size_t i = 0; i < sizeof slot->generation; i++)
        slot->generation[i] = (uint8_t)(next->generation >> (56 - 8 * i));
    slot->state = NEXT;
    memcpy(slot->key, next->key, sizeof slot->key);
    return write_slot(place, slot, error);
}

static int promote_slot(void *state, struct scrim_error *error)
{
    struct place *place = state;
    int result = read_slots(place, error);
    struct slot *next = slot_in(place, NEXT);
    if (result >= 0 && !next)
        result = scrim_fail(error, SCRIM_EINTERNAL, "the TPM holds no next root key");
    if (result >= 0)
        result = clear_slot(place, slot_in(place, CURRENT), error);
    if (result < 0)
        return result;
    next->state = CURRENT;
    return write_slot(place, next, error);
}

static int drop_next_slot(void *state, struct scrim_error *error)
{
    struct place *place = state;
    const int result = read_slots(place, error);
    return result < 0 ? result : clear_slot(place, slot_in(place, NEXT), error);
}

const struct scrim_root_backend scrim_root_in_tpm = {
    open_place, close_place, load_slots, put_next_slot, promote_slot, drop_next_slot,
};
