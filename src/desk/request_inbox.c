// state/requests/inbox: decisions that `scrim vault approve DIR` and `refuse` leave on the machine
// itself, as <number>-<random>.json. What is refused stays as a sentence,
// <number>-<random>.refused, for a day.
#include "desk/request_book.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFUSED_KEPT_US (24 * 3600 * SCRIM_SECOND)

// "<number>-<word><ending>", the number as we write it.
static bool is_of(const char *name, const char *ending, uint64_t *ret_number)
{
    const size_t digits = strspn(name, "0123456789"), length = strlen(name);
    if (digits == 0 || digits > 15 || name[0] == '0' || name[digits] != '-' ||
        length <= digits + 1 + strlen(ending) ||
        strcmp(name + length - strlen(ending), ending) != 0)
        return false;
    *ret_number = strtoull(name, NULL, 10);
    return true;
}

static void answer(struct scrim_requests *book, const char *path,
                   const struct scrim_request_told *told)
{
    struct scrim_error error;
    char refused[SCRIM_PATH_MAX];
    const size_t stem = strlen(path) - strlen(".json");
    if (told->status != 0) {
        scrim_warn(&book->log, "%s: %s", path, told->text);
        if (snprintf(refused, sizeof refused, "%.*s.refused", (int)stem, path) <
                (int)sizeof refused &&
            scrim_fs_replace(refused, told->text, strlen(told->text), 0640, &error) < 0)
            scrim_warn(&book->log, "%s", error.text);
    }
    if (scrim_fs_unlink(path, &error) < 0)
        scrim_warn(&book->log, "%s", error.text);
}

static void take(struct scrim_requests *book, uint64_t number, const char *path)
{
    struct scrim_request_told told = {.number = number};
    struct scrim_error error = {0};
    struct scrim_buf bytes;
    struct stat info;
    scrim_buf_init(&bytes, SCRIM_DECISION_MAX);
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        book_refuse(&told, 400, "malformed", "This is no file.");
    else if (scrim_fs_read(path, &bytes, &error) < 0)
        book_refuse(&told, 400, "malformed", "It cannot be read: %s.", error.text);
    else
        book_decide(book, number, &bytes, NULL, &told);
    scrim_buf_finish(&bytes);
    if (told.status < 500) // what could not be written is tried again
        answer(book, path, &told);
    else
        book_complain(book, &told);
}

static void forget(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 &&
        info.st_mtim.tv_sec * SCRIM_SECOND + REFUSED_KEPT_US < scrim_clock_utc_us() &&
        unlink(path) < 0 && errno != ENOENT)
        return; // another day
}

void book_inbox(struct scrim_requests *book)
{
    char folder[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    uint64_t number;
    if (scrim_path_join(folder, book->dir, SCRIM_REQUESTS_INBOX) < 0 ||
        scrim_fs_list(folder, &names, &count, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (scrim_path_join(path, folder, names[i]) < 0)
            continue;
        if (is_of(names[i], ".json", &number))
            take(book, number, path);
        else if (is_of(names[i], ".refused", &number))
            forget(path);
    }
    scrim_fs_free_names(names, count);
}
