#include "httpd/assets.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 512
#define BYTES_MAX (32U << 20) // of all files together
#define DEPTH_MAX 4           // folders below the top

struct scrim_assets {
    struct scrim_asset *files;
    size_t count;
    size_t bytes;
};

static const char *mime_of(const char *name)
{
    static const struct {
        const char *suffix, *mime;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i].suffix) == 0)
            return types[i].mime;
    return NULL;
}

static void set_etag(struct scrim_asset *asset)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char hex[33];
    crypto_hash_sha256(hash, asset->content.data, asset->content.len);
    sodium_bin2hex(hex, sizeof hex, hash, 16);
    snprintf(asset->etag, sizeof asset->etag, "\"%s\"", hex);
}

static int load_file(struct scrim_assets *assets, const char *file, const char *path,
                     const char *mime, struct scrim_error *error)
{
    if (assets->count == FILES_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "%s: more than %d files", file, FILES_MAX);
    struct scrim_asset *asset = &assets->files[assets->count];
    scrim_buf_init(&asset->content, BYTES_MAX - assets->bytes);
    const int result = scrim_fs_read(file, &asset->content, error);
    if (result < 0) {
        scrim_buf_finish(&asset->content);
        return result;
    }
    asset->path = scrim_strdup(path);
    asset->mime = mime;
    asset->immutable = strncmp(path, "/assets/", 8) == 0; // where Vite puts hashed names
    set_etag(asset);
    assets->bytes += asset->content.len;
    assets->count++;
    return SCRIM_OK;
}

static int load_entry(struct scrim_assets *assets, const char *directory, const char *prefix,
                      const char *name, unsigned depth, struct scrim_error *error);

static int load_directory(struct scrim_assets *assets, const char *directory, const char *prefix,
                          unsigned depth, struct scrim_error *error)
{
    char **names;
    size_t count;
    int result = scrim_fs_list(directory, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = load_entry(assets, directory, prefix, names[i], depth, error);
    scrim_fs_free_names(names, count);
    return result;
}

static int load_entry(struct scrim_assets *assets, const char *directory, const char *prefix,
                      const char *name, unsigned depth, struct scrim_error *error)
{
    char file[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    struct stat info;
    if (name[0] == '.')
        return SCRIM_OK;
    if (scrim_path_join(file, directory, name) < 0 || scrim_path_join(path, prefix, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s/%s: path too long", directory, name);
    if (lstat(file, &info) < 0)
        return scrim_fail(error, SCRIM_ENOENT, "%s: gone while reading", file);
    if (S_ISDIR(info.st_mode))
        return depth < DEPTH_MAX ? load_directory(assets, file, path, depth + 1, error) : SCRIM_OK;
    const char *mime = mime_of(name);
    if (!S_ISREG(info.st_mode) || !mime)
        return SCRIM_OK;
    return load_file(assets, file, path, mime, error);
}

int scrim_assets_load(const char *directory, struct scrim_assets **ret, struct scrim_error *error)
{
    struct scrim_assets *assets = scrim_new(struct scrim_assets);
    assets->files = scrim_new_array(FILES_MAX, struct scrim_asset);
    const int result = load_directory(assets, directory, "", 0, error);
    if (result < 0) {
        scrim_assets_destroy(assets);
        return result;
    }
    *ret = assets;
    return SCRIM_OK;
}

void scrim_assets_destroy(struct scrim_assets *assets)
{
    if (!assets)
        return;
    for (size_t i = 0; i < assets->count; i++) {
        free(assets->files[i].path);
        scrim_buf_finish(&assets->files[i].content);
    }
    free(assets->files);
    free(assets);
}

const struct scrim_asset *scrim_assets_find(const struct scrim_assets *assets, const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    for (size_t i = 0; assets && i < assets->count; i++)
        if (strcmp(assets->files[i].path, path) == 0)
            return &assets->files[i];
    return NULL;
}

size_t scrim_assets_count(const struct scrim_assets *assets)
{
    return assets ? assets->count : 0;
}
