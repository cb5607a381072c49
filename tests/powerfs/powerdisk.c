// A disk with a write cache that forgets: a FUSE file system of two files. `disk` is the image of a
// block device, to be attached with losetup(8); what was written and not flushed since (the loop
// device turns a flush into fsync) lies in the cache. `control` takes commands and tells counts.
//
//     powerdisk MOUNTPOINT MEBIBYTES
//     cut lost|prefix|sectors SEED   the power fails: of the cache nothing, the first of it, or any
//                                    sectors of it reach the medium; then every request is EIO
//     on                             power is back; the disk has what the medium has
//
// Reading `control`: "writes N flushes N cached BYTES most BYTES cuts N dropped BYTES\n".
// Memory only. One thread, so requests come in order; a real cache reorders, which `sectors` does.
#define FUSE_USE_VERSION 35

#include <errno.h>
#include <fuse.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SECTOR 512
#define DISK "/disk"
#define CONTROL "/control"

struct write {
    struct write *next;
    off_t offset;
    size_t count;
    uint8_t bytes[];
};

static struct {
    size_t size;
    uint8_t *cached, *medium; // what a reader sees; what is left without power
    struct write *first, **end;
    bool off;
    uint64_t writes, flushes, cached_bytes, most_bytes, cuts, dropped_bytes;
} disk;

static void forget_cache(void)
{
    while (disk.first) {
        struct write *next = disk.first->next;
        free(disk.first);
        disk.first = next;
    }
    disk.end = &disk.first;
    disk.cached_bytes = 0;
}

static uint32_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((*state >> 33) % below);
}

static void reach_medium(const struct write *write, size_t at, size_t count)
{
    memcpy(disk.medium + write->offset + at, write->bytes + at, count);
    disk.dropped_bytes -= count;
}

static void keep_prefix(uint64_t *random)
{
    uint64_t count = 0;
    for (const struct write *write = disk.first; write; write = write->next)
        count++;
    uint64_t first = draw(random, count + 1);
    for (const struct write *write = disk.first; write && first-- > 0; write = write->next)
        reach_medium(write, 0, write->count);
}

static void keep_sectors(uint64_t *random)
{
    const uint64_t odds = 1 + draw(random, 9); // of ten
    for (const struct write *write = disk.first; write; write = write->next) {
        for (size_t at = 0; at < write->count; at += SECTOR) {
            if (draw(random, 10) < odds)
                reach_medium(write, at, write->count - at < SECTOR ? write->count - at : SECTOR);
        }
    }
}

static int cut(const char *way, uint64_t seed)
{
    disk.dropped_bytes = disk.cached_bytes;
    if (strcmp(way, "prefix") == 0)
        keep_prefix(&seed);
    else if (strcmp(way, "sectors") == 0)
        keep_sectors(&seed);
    else if (strcmp(way, "lost") != 0)
        return -EINVAL;
    for (const struct write *write = disk.first; write; write = write->next)
        memcpy(disk.cached + write->offset, disk.medium + write->offset, write->count);
    forget_cache();
    disk.off = true;
    disk.cuts++;
    return 0;
}

static int command(const char *text)
{
    const char *seed = strrchr(text, ' ');
    if (strncmp(text, "cut ", 4) == 0 && seed > text + 4) {
        char way[16];
        snprintf(way, sizeof way, "%.*s", (int)(seed - text - 4), text + 4);
        return cut(way, strtoull(seed, NULL, 10));
    }
    if (strncmp(text, "on", 2) != 0)
        return -EINVAL;
    disk.off = false;
    return 0;
}

static int on_getattr(const char *path, struct stat *info, struct fuse_file_info *file)
{
    (void)file;
    *info = (struct stat){.st_mode = S_IFREG | 0600, .st_nlink = 1};
    if (strcmp(path, "/") == 0)
        *info = (struct stat){.st_mode = S_IFDIR | 0700, .st_nlink = 2};
    else if (strcmp(path, DISK) == 0)
        info->st_size = (off_t)disk.size;
    else if (strcmp(path, CONTROL) != 0)
        return -ENOENT;
    return 0;
}

static int on_readdir(const char *path, void *entries, fuse_fill_dir_t add, off_t offset,
                      struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    (void)path, (void)offset, (void)file, (void)flags;
    static const char *const names[] = {".", "..", "disk", "control"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add(entries, names[i], NULL, 0, 0);
    return 0;
}

static int on_open(const char *path, struct fuse_file_info *file)
{
    if (strcmp(path, DISK) != 0 && strcmp(path, CONTROL) != 0)
        return -ENOENT;
    file->fh = disk.cuts;
    file->direct_io = 1; // the kernel keeps nothing of it: every request is seen here
    return 0;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
    (void)size, (void)file;
    return strcmp(path, CONTROL) == 0 ? 0 : -EPERM;
}

// Whoever opened it before the last cut has lost it for good: a mount that something keeps alive
// must not write to a disk that is another's now.
static bool is_dead(const struct fuse_file_info *file)
{
    return disk.off || file->fh != disk.cuts;
}

static int read_control(char *to, size_t count, off_t offset)
{
    char text[256];
    const int length = snprintf(text, sizeof text,
                                "writes %" PRIu64 " flushes %" PRIu64 " cached %" PRIu64
                                " most %" PRIu64 " cuts %" PRIu64 " dropped %" PRIu64 "\n",
                                disk.writes, disk.flushes, disk.cached_bytes, disk.most_bytes,
                                disk.cuts, disk.dropped_bytes);
    if (offset >= length)
        return 0;
    const size_t left = (size_t)(length - offset), taken = left < count ? left : count;
    memcpy(to, text + offset, taken);
    return (int)taken;
}

static int on_read(const char *path, char *to, size_t count, off_t offset,
                   struct fuse_file_info *file)
{
    if (strcmp(path, CONTROL) == 0)
        return read_control(to, count, offset);
    if (is_dead(file))
        return -EIO;
    if ((size_t)offset >= disk.size)
        return 0;
    const size_t left = disk.size - (size_t)offset, taken = left < count ? left : count;
    memcpy(to, disk.cached + offset, taken);
    return (int)taken;
}

static int write_control(const char *bytes, size_t count)
{
    char text[64];
    if (count >= sizeof text)
        return -EINVAL;
    memcpy(text, bytes, count);
    text[count] = '\0';
    const int result = command(text);
    return result < 0 ? result : (int)count;
}

static int on_write(const char *path, const char *bytes, size_t count, off_t offset,
                    struct fuse_file_info *file)
{
    if (strcmp(path, CONTROL) == 0)
        return write_control(bytes, count);
    if (is_dead(file))
        return -EIO;
    if ((size_t)offset > disk.size || count > disk.size - (size_t)offset)
        return -ENOSPC;
    struct write *write = malloc(sizeof *write + count);
    if (!write)
        return -ENOMEM;
    *write = (struct write){.offset = offset, .count = count};
    memcpy(write->bytes, bytes, count);
    memcpy(disk.cached + offset, bytes, count);
    *disk.end = write;
    disk.end = &write->next;
    disk.writes++;
    disk.cached_bytes += count;
    if (disk.cached_bytes > disk.most_bytes)
        disk.most_bytes = disk.cached_bytes;
    return (int)count;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *file)
{
    (void)data_only;
    if (strcmp(path, DISK) != 0)
        return 0;
    if (is_dead(file))
        return -EIO;
    for (const struct write *write = disk.first; write; write = write->next)
        memcpy(disk.medium + write->offset, write->bytes, write->count);
    forget_cache();
    disk.flushes++;
    return 0;
}

static uint8_t *zeros(size_t size)
{
    uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

int main(int argc, char **argv)
{
    static const struct fuse_operations operations = {
        .getattr = on_getattr,
        .readdir = on_readdir,
        .open = on_open,
        .truncate = on_truncate,
        .read = on_read,
        .write = on_write,
        .fsync = on_fsync,
    };
    char foreground[] = "-f", single[] = "-s";
    char *arguments[] = {argv[0], foreground, single, argv[1], NULL};
    char *end;
    const unsigned long mebibytes = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
    if (mebibytes == 0 || mebibytes > 65536 || *end != '\0') {
        fprintf(stderr, "usage: powerdisk MOUNTPOINT MEBIBYTES\n");
        return 2;
    }
    disk.size = mebibytes << 20;
    disk.cached = zeros(disk.size);
    disk.medium = zeros(disk.size);
    disk.end = &disk.first;
    if (!disk.cached || !disk.medium) {
        fprintf(stderr, "powerdisk: no memory for %lu MiB\n", mebibytes);
        return 1;
    }
    return fuse_main(4, arguments, &operations, NULL);
}
