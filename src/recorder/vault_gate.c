#include "recorder/vault_gate.h"

#include "base/fs.h"
#include "recorder/orders.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

// Both ends are the same program: the struct as it is in memory.
int scrim_vault_gate_send(int orders_fd, const struct scrim_vault *vault, struct scrim_error *error)
{
    const struct scrim_order order = {.kind = SCRIM_ORDER_VAULT};
    const int fd = memfd_create("vault", MFD_CLOEXEC);
    if (fd < 0)
        return scrim_fail_errno(error, errno, "cannot hand the vault to the sealer");
    int result = scrim_fs_write(fd, vault, sizeof *vault, "the sealer's vault", error);
    if (result >= 0 && scrim_order_send(orders_fd, &order, fd) < 0)
        result = scrim_fail(error, SCRIM_ENETWORK, "the sealer does not hear");
    close(fd);
    return result;
}

int scrim_vault_gate_receive(int fd, struct scrim_vault *ret, struct scrim_error *error)
{
    struct scrim_vault vault;
    const ssize_t got = fd < 0 ? -1 : pread(fd, &vault, sizeof vault, 0);
    if (fd >= 0)
        close(fd);
    if (got != (ssize_t)sizeof vault)
        return scrim_fail(error, SCRIM_EFORMAT, "a new vault came without its content");
    *ret = vault;
    return SCRIM_OK;
}
