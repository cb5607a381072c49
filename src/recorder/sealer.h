// The sealer: the process that turns what the ingest processes send into sealed segments and a
// signed journal. It reaches no network and can neither read nor remove what it wrote.
#pragma once

#include "site/config.h"
#include "store/journal.h"
#include "vault/vault.h"

struct scrim_sealer_setup {
    const struct scrim_site *site;
    const struct scrim_journal_head *heads; // where each camera's chain stands, as in the site
    const struct scrim_device_key *key;
    const struct scrim_vault *vault; // whose dealing was opened in a test; copied
    uint64_t boot;
    int orders_fd;  // from the parent (orders.h), owned
    int packets_fd; // listening on run/packets.sock, owned
};

// Serves until ordered to stop, or until the parent is gone. Returns the exit status.
int scrim_sealer_run(const struct scrim_sealer_setup *setup);
