#include "keeper/volume.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MB UINT64_C(1000000)
#define RESERVE_LEAST (1000 * MB)

uint64_t scrim_volume_reserve(const struct scrim_site *site, unsigned at, uint64_t total)
{
    const uint32_t given =
        at == 0 ? site->config->reserve_mb : site->config->disks[at - 1].reserve_mb;
    if (given > 0)
        return given * MB;
    return total / 100 > RESERVE_LEAST ? total / 100 : RESERVE_LEAST;
}

static struct scrim_volume *volume_of(struct scrim_volumes *volumes, dev_t devices[SCRIM_DISKS_MAX],
                                      dev_t device)
{
    for (unsigned i = 0; i < volumes->count; i++) {
        if (devices[i] == device)
            return &volumes->list[i];
    }
    devices[volumes->count] = device;
    return &volumes->list[volumes->count++];
}

static bool is_ours(const struct scrim_site *site, unsigned at)
{
    const enum scrim_disk_presence presence = scrim_disks_look(site, at, NULL);
    return presence == SCRIM_DISK_PRESENT || presence == SCRIM_DISK_NEW;
}

void scrim_volumes_look(const struct scrim_site *site, struct scrim_volumes *ret)
{
    dev_t devices[SCRIM_DISKS_MAX] = {0};
    memset(ret, 0, sizeof *ret);
    for (unsigned at = 0; at < scrim_disks_count(site); at++) {
        // The site's store may not have been made yet.
        const char *root = at == 0 ? site->dir : site->config->disks[at - 1].path;
        struct stat info;
        struct statvfs room;
        ret->of_place[at] = -1;
        if (!is_ours(site, at) || stat(root, &info) < 0 || statvfs(root, &room) < 0)
            continue;
        struct scrim_volume *volume = volume_of(ret, devices, info.st_dev);
        if (volume->places == 0) {
            volume->total = (room.f_blocks - (room.f_bfree - room.f_bavail)) * room.f_frsize;
            volume->free = room.f_bavail * room.f_frsize;
            scrim_disks_name(site, at, volume->name, sizeof volume->name);
        }
        const uint64_t reserve = scrim_volume_reserve(site, at, volume->total);
        volume->reserve = reserve > volume->reserve ? reserve : volume->reserve;
        volume->takes_segments |= scrim_disks_takes_segments(site, at);
        volume->places |= UINT64_C(1) << at;
        ret->of_place[at] = (int)(volume - ret->list);
    }
}
