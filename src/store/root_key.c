#include "store/root_key_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

struct scrim_root_store {
    const struct scrim_root_backend *backend;
    void *state;
};

int scrim_root_store_open(const struct scrim_site *site, const char *hours_dir,
                          struct scrim_root_store **ret, struct scrim_error *error)
{
    struct scrim_root_store *store = scrim_new(struct scrim_root_store);
    store->backend =
        site->config->root_key == SCRIM_ROOT_KEY_TPM ? &scrim_root_in_tpm : &scrim_root_in_file;
    const int result = store->backend->open(site, hours_dir, &store->state, error);
    if (result < 0) {
        free(store);
        return result;
    }
    *ret = store;
    return SCRIM_OK;
}

void scrim_root_store_close(struct scrim_root_store *store)
{
    if (!store)
        return;
    store->backend->close(store->state);
    free(store);
}

int scrim_root_store_load(struct scrim_root_store *store, struct scrim_root_keys *ret,
                          struct scrim_error *error)
{
    sodium_memzero(ret, sizeof *ret);
    return store->backend->load(store->state, ret, error);
}

int scrim_root_store_put_next(struct scrim_root_store *store, const struct scrim_root_key *next,
                              struct scrim_error *error)
{
    return store->backend->put_next(store->state, next, error);
}

int scrim_root_store_promote(struct scrim_root_store *store, struct scrim_error *error)
{
    return store->backend->promote(store->state, error);
}

int scrim_root_store_drop_next(struct scrim_root_store *store, struct scrim_error *error)
{
    return store->backend->drop_next(store->state, error);
}
