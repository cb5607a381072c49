// The files of the page, read into memory when the program starts. A request can only name what is
// in this table: there is no path to traverse.
#pragma once

#include "base/buf.h"

struct scrim_asset {
    char *path; // "/index.html", "/assets/app-3f2a.js"
    const char *mime;
    bool immutable; // its name carries a hash of its content
    char etag[40];  // quoted
    struct scrim_buf content;
};

struct scrim_assets;

// Reads every regular file below `directory` with a known suffix, at most 512 of them and 32 MiB.
SCRIM_MUST_CHECK int scrim_assets_load(const char *directory, struct scrim_assets **ret,
                                       struct scrim_error *error);
void scrim_assets_destroy(struct scrim_assets *assets);
// "/" is "/index.html". NULL if there is none.
const struct scrim_asset *scrim_assets_find(const struct scrim_assets *assets, const char *path);
size_t scrim_assets_count(const struct scrim_assets *assets);
