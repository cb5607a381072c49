// The public parts of the vaults that a request is about. GET /vault knows the one that seals now;
// after a rotation, originals of before still open with the holders of theirs.
#include "desk/api_requests.h"

#include "desk/api.h"
#include "desk/vault_state.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct gathering {
    struct scrim_vault_state *state;
    json_t *vaults;
};

// A dealing that a refresh replaced opens nothing any more, so it is left out.
static void gather(void *context, const struct scrim_request_entry *entry)
{
    const struct gathering *gathering = context;
    struct scrim_vault *vault = scrim_new(struct scrim_vault);
    for (size_t i = 0; i < entry->request.vaults_count; i++) {
        if (scrim_vault_state_find(gathering->state, entry->vaults[i].id, vault) &&
            memcmp(vault->dealing_id, entry->vaults[i].dealing, SCRIM_DEALING_ID) == 0)
            json_array_append_new(gathering->vaults, scrim_vault_state_public_json(vault));
    }
    free(vault);
}

void scrim_api_request_vaults(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct request_look looked;
    if (!request_look(desk, request, false, &looked))
        return;
    struct gathering gathering = {.state = desk->vault, .vaults = json_array()};
    scrim_requests_see(desk->requests, looked.number, gather, &gathering);
    scrim_http_reply_json(request, 200, gathering.vaults);
}
