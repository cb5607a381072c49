// The disks of a site, as a check sees them.
#include "store/check_impl.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define UNKNOWN_MAX 64 // ids that are told apart

void scrim_check_disks(struct check *check)
{
    for (unsigned at = 0; at < scrim_disks_count(check->site); at++) {
        struct scrim_error why;
        char name[SCRIM_PATH_MAX + 64];
        const enum scrim_disk_presence presence = scrim_disks_look(check->site, at, &why);
        check->present[at] = presence == SCRIM_DISK_PRESENT;
        if (check->present[at] || presence == SCRIM_DISK_NEW)
            continue;
        scrim_disks_name(check->site, at, name, sizeof name);
        scrim_check_say(check, SCRIM_FINDING_DISK, check->site->config->disks[at - 1].path,
                        "%.200s cannot be verified: %s", name, why.text);
    }
}

static bool is_known(struct check *check, const char *id)
{
    for (size_t i = 0; i < check->unknown_count; i++) {
        if (strcmp(check->unknown[i], id) == 0)
            return true;
    }
    if (!check->unknown)
        check->unknown = scrim_new_bytes(UNKNOWN_MAX * sizeof *check->unknown);
    if (check->unknown_count < UNKNOWN_MAX)
        snprintf(check->unknown[check->unknown_count++], sizeof *check->unknown, "%s", id);
    return false;
}

int scrim_check_disk_of(struct check *check, const char *id)
{
    struct scrim_error why;
    const int at = scrim_disks_find(check->site, id, &why);
    if (at < 0 && !is_known(check, id))
        scrim_check_say(check, SCRIM_FINDING_DISK, "scrim.yaml",
                        "%s: what was recorded on it cannot be verified", why.text);
    return at >= 0 && check->present[at] ? at : -1;
}

void scrim_check_show(const struct check *check, unsigned disk, const char *camera,
                      const char *below, char ret[SCRIM_PATH_MAX])
{
    const char *root = disk == 0 ? "store" : check->site->config->disks[disk - 1].path;
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/%s%s%s", root, camera, below ? "/" : "",
                                below ? below : "");
    if (length >= SCRIM_PATH_MAX)
        ret[SCRIM_PATH_MAX - 1] = '\0';
}
