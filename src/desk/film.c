#include "desk/film.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define INIT_MAX (1U << 20)
#define MOOF_MAX 16384 // bytes: SCRIM_FMP4_SAMPLES samples and more
#define BOX_HEAD 16

#define MOOV SCRIM_FMP4_TYPE('m', 'o', 'o', 'v')
#define FTYP SCRIM_FMP4_TYPE('f', 't', 'y', 'p')
#define MOOF SCRIM_FMP4_TYPE('m', 'o', 'o', 'f')
#define MDAT SCRIM_FMP4_TYPE('m', 'd', 'a', 't')

static int malformed(const struct scrim_film *film, struct scrim_error *error)
{
    return scrim_fail(error, SCRIM_EFORMAT, "%s is not a film of ours", film->path);
}

int scrim_film_read(const struct scrim_film *film, uint64_t offset, uint64_t count,
                    struct scrim_buf *ret, struct scrim_error *error)
{
    const int result = count > SIZE_MAX ? SCRIM_ENOSPACE : scrim_buf_reserve(ret, (size_t)count);
    if (result < 0)
        return scrim_fail(error, result, "%s: a part is too large", film->path);
    while (count > 0) {
        const ssize_t got = pread(film->fd, ret->data + ret->len, (size_t)count, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "cannot read %s", film->path);
        if (got == 0)
            return scrim_fail(error, SCRIM_EEND, "%s became shorter", film->path);
        ret->len += (size_t)got;
        offset += (uint64_t)got;
        count -= (uint64_t)got;
    }
    return SCRIM_OK;
}

// The box at `film->at`. SCRIM_EEND if there is none that is whole.
static int peek_box(const struct scrim_film *film, uint64_t at, uint32_t *ret_type,
                    uint64_t *ret_size, struct scrim_error *error)
{
    uint8_t head[BOX_HEAD];
    const uint64_t left = at < film->size ? film->size - at : 0;
    const size_t wanted = left < sizeof head ? (size_t)left : sizeof head;
    const ssize_t got = pread(film->fd, head, wanted, (off_t)at);
    if (got < 0)
        return scrim_fail_errno(error, errno, "cannot read %s", film->path);
    if (scrim_fmp4_box(head, (size_t)got, ret_type, ret_size) == 0 || *ret_size > left)
        return scrim_fail(error, SCRIM_EEND, "%s ends", film->path);
    return SCRIM_OK;
}

// ftyp and moov, which stand before everything else.
static int read_init(struct scrim_film *film, struct scrim_error *error)
{
    uint32_t type = 0;
    uint64_t size;
    while (type != MOOV) {
        int result = peek_box(film, film->at, &type, &size, error);
        if (result >= 0 && type != MOOV && type != FTYP)
            result = SCRIM_EEND;
        if (result >= 0)
            result = scrim_film_read(film, film->at, size, &film->init, error);
        if (result < 0)
            return result == SCRIM_EEND || result == SCRIM_ENOSPACE ? malformed(film, error)
                                                                    : result;
        film->at += size;
    }
    return scrim_fmp4_track(film->init.data, film->init.len, &film->track) < 0
               ? malformed(film, error)
               : SCRIM_OK;
}

int scrim_film_open(struct scrim_film *film, const char *path, uint64_t size,
                    struct scrim_error *error)
{
    struct stat info;
    *film = (struct scrim_film){.fd = -1};
    snprintf(film->path, sizeof film->path, "%s", path);
    scrim_buf_init(&film->init, INIT_MAX);
    film->fd = scrim_fs_open(path, O_RDONLY | O_NOFOLLOW, 0, error);
    if (film->fd < 0)
        return film->fd;
    if (fstat(film->fd, &info) < 0)
        return scrim_fail_errno(error, errno, "cannot look at %s", path);
    film->size = (uint64_t)info.st_size;
    if (size > 0 && size < film->size)
        film->size = size;
    return read_init(film, error);
}

void scrim_film_finish(struct scrim_film *film)
{
    scrim_close_fd(&film->fd);
    film->fd = -1;
    scrim_buf_finish(&film->init);
}

static int read_head(const struct scrim_film *film, uint64_t at, uint64_t size,
                     struct scrim_fmp4_fragment *ret, struct scrim_error *error)
{
    uint8_t moof[MOOF_MAX];
    if (size > sizeof moof)
        return malformed(film, error);
    const ssize_t got = pread(film->fd, moof, (size_t)size, (off_t)at);
    if (got < 0)
        return scrim_fail_errno(error, errno, "cannot read %s", film->path);
    return (uint64_t)got < size || scrim_fmp4_fragment(moof, (size_t)size, &film->track, ret) < 0
               ? malformed(film, error)
               : SCRIM_OK;
}

int scrim_film_next(struct scrim_film *film, struct scrim_film_fragment *ret,
                    struct scrim_error *error)
{
    uint64_t at = film->at, size, data;
    uint32_t type;
    int result;
    while ((result = peek_box(film, at, &type, &size, error)) >= 0 && type != MOOF)
        at += size; // prft, and what others may add
    if (result >= 0)
        result = read_head(film, at, size, &ret->head, error);
    if (result >= 0)
        result = peek_box(film, at + size, &type, &data, error);
    if (result < 0)
        return result;
    ret->offset = at;
    ret->bytes = size + data;
    if (type != MDAT || ret->head.data_offset < size ||
        ret->head.data_offset + ret->head.data_bytes > ret->bytes)
        return malformed(film, error);
    film->at = at + ret->bytes;
    return SCRIM_OK;
}

int scrim_film_key_before(struct scrim_film *film, int64_t pts_us, struct scrim_film_fragment *ret,
                          struct scrim_error *error)
{
    struct scrim_film_fragment next;
    bool found = false;
    int result;
    while ((result = scrim_film_next(film, &next, error)) >= 0) {
        if (found && scrim_fmp4_us(next.head.from, film->track.timescale) > pts_us)
            return SCRIM_OK;
        if (!next.head.samples[0].key)
            continue;
        *ret = next;
        found = true;
    }
    return result == SCRIM_EEND && found ? SCRIM_OK : result;
}
