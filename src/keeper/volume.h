// The file systems that a site's places lie on, and what room they have. Two places on one file
// system share its room, so all arithmetic is by volume.
#pragma once

#include "store/disks.h"

struct scrim_volume {
    uint64_t places;                // bit n: place n (store/disks.h) lies on it
    uint64_t total;                 // bytes that are not root's alone
    uint64_t free;                  // of them
    uint64_t reserve;               // of them, stay free: the largest that its places ask for
    bool takes_segments;            // new ones
    char name[SCRIM_PATH_MAX + 64]; // of its first place, for sentences
};

struct scrim_volumes {
    struct scrim_volume list[SCRIM_DISKS_MAX];
    unsigned count;
    int of_place[SCRIM_DISKS_MAX]; // number in `list`; -1: the place is not there, or fails
};

// Asks the disks, and waits for them. Those that are not there, or are another's, are left out; one
// that was never used counts.
void scrim_volumes_look(const struct scrim_site *site, struct scrim_volumes *ret);

// What scrim.yaml says stays free of `total` bytes at place `at`, or what does if it says nothing.
uint64_t scrim_volume_reserve(const struct scrim_site *site, unsigned at, uint64_t total);
