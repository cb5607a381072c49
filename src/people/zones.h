// Names of time zones, as the machine's database of them (tzdata.zi of the IANA time zone database,
// zic(8)) has them. Read once, before the files are out of reach.
#pragma once

#include "base/error.h"

#include <stddef.h>

#define SCRIM_ZONE_MAX 64 // characters of a name

struct scrim_zones;

// From a file; SCRIM_ENOENT without one. "UTC" is always among them.
SCRIM_MUST_CHECK int scrim_zones_load(const char *path, struct scrim_zones **ret,
                                      struct scrim_error *error);
// The names in the text of such a file; for tests. Never fails: what is no zone is passed over.
struct scrim_zones *scrim_zones_parse(const char *text, size_t length);
void scrim_zones_free(struct scrim_zones *zones); // NULL is fine
bool scrim_zones_have(const struct scrim_zones *zones, const char *name);
// The machine's own zone ("" if it does not say), from where /etc/localtime leads.
void scrim_zones_local(const char *link, char ret[SCRIM_ZONE_MAX + 1]);
