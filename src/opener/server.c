#include "opener/server.h"

#include "base/alloc.h"
#include "base/log.h"
#include "link/datagram.h"
#include "opener/finding.h"
#include "opener/glass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REQUEST_MAX ((UINT64_C(1) << 53) - 1)
#define SEARCHES_MAX 4 // each may hold 20,000 headers in memory

struct search {
    uint64_t number; // of the question; 0: this place is free
    struct scrim_finding *finding;
};

struct scrim_opener_server {
    struct scrim_log log;
    int fd;
    struct scrim_guard *guard;
    struct search searches[SEARCHES_MAX];
    size_t turn; // whose step is next
};

struct scrim_opener_server *scrim_opener_server_create(int fd, struct scrim_guard *guard)
{
    struct scrim_opener_server *server = scrim_new(struct scrim_opener_server);
    server->log = scrim_log_named("opener");
    server->fd = fd;
    server->guard = guard;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return server;
}

void scrim_opener_server_destroy(struct scrim_opener_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < SEARCHES_MAX; i++)
        scrim_finding_destroy(server->searches[i].finding);
    scrim_close_fd(&server->fd);
    free(server);
}

int scrim_opener_server_fd(const struct scrim_opener_server *server)
{
    return server->fd;
}

// --- answers ---

// The desk asks no more than fits into the socket, so one that does not read is no desk.
static int send_answer(struct scrim_opener_server *server, const struct scrim_opener_answer *answer,
                       const int *fds, unsigned count)
{
    const int result = scrim_datagram_send(server->fd, answer, sizeof *answer, fds, count);
    return result == SCRIM_EAGAIN ? SCRIM_ENETWORK : result;
}

static int send_refusal(struct scrim_opener_server *server, uint64_t number, uint32_t kind,
                        const struct scrim_error *error)
{
    struct scrim_opener_answer answer = {.number = number, .kind = kind, .result = error->code};
    snprintf(answer.text, sizeof answer.text, "%s", error->text);
    return send_answer(server, &answer, NULL, 0);
}

// A file in memory that nobody can change any more; the caller closes it.
static int sealed_memory(const struct scrim_buf *bytes, struct scrim_error *error)
{
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int fd = memfd_create("answer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return scrim_fail_errno(error, errno, "no memory for an answer");
    int result = scrim_fs_write(fd, bytes->data, bytes->len, "an answer", error);
    if (result >= 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)
        result = scrim_fail_errno(error, errno, "an answer cannot be sealed");
    if (result >= 0)
        return fd;
    scrim_close_fd(&fd);
    return result;
}

static int send_bytes(struct scrim_opener_server *server, uint64_t number, uint32_t kind,
                      const struct scrim_buf *bytes, int64_t until_us)
{
    struct scrim_error error;
    SCRIM_AUTO(scrim_close_fd) int fd = sealed_memory(bytes, &error);
    if (fd < 0)
        return send_refusal(server, number, kind, &error);
    const struct scrim_opener_answer answer = {
        .number = number, .kind = kind, .bytes = bytes->len, .until_us = until_us};
    return send_answer(server, &answer, &fd, 1);
}

int scrim_opener_server_hello(struct scrim_opener_server *server, const uint8_t *proof,
                              struct scrim_error *error)
{
    struct scrim_opener_answer answer = {.kind = SCRIM_OPENER_HELLO};
    memcpy(answer.proof, proof, sizeof answer.proof);
    const int result = send_answer(server, &answer, NULL, 0);
    explicit_bzero(&answer, sizeof answer);
    return result < 0 ? scrim_fail(error, result, "the desk does not listen") : SCRIM_OK;
}

// --- questions ---

static bool text_ends(const char text[32])
{
    const size_t length = strnlen(text, 32);
    for (size_t i = length; i < 32; i++)
        if (text[i] != '\0')
            return false;
    return length > 0 && length < 32 && scrim_camera_id_valid(text);
}

static bool find_is_sound(const struct scrim_opener_question *question)
{
    bool sound = question->cameras_count > 0 &&
                 question->cameras_count <= SCRIM_OPENER_CAMERAS_MAX && question->from_us >= 0 &&
                 question->from_us < question->to_us;
    for (uint32_t i = 0; i < question->cameras_count && sound; i++)
        sound = text_ends(question->cameras[i]);
    return sound;
}

int scrim_opener_question_check(const struct scrim_opener_question *question)
{
    bool sound = question->number > 0 && question->reserved == 0;
    switch (question->kind) {
    case SCRIM_OPENER_FIND: sound = sound && find_is_sound(question); break;
    case SCRIM_OPENER_OPEN:
    case SCRIM_OPENER_SEGMENT:
        sound = sound && question->request > 0 && question->request <= REQUEST_MAX;
        break;
    case SCRIM_OPENER_GLASS_LIST: sound = sound && text_ends(question->cameras[0]); break;
    case SCRIM_OPENER_GLASS_SEGMENT:
        sound = sound && text_ends(question->cameras[0]) &&
                memchr(question->name, '\0', sizeof question->name);
        break;
    default: sound = false;
    }
    return sound ? SCRIM_OK : SCRIM_EFORMAT;
}

static int begin_search(struct scrim_opener_server *server,
                        const struct scrim_opener_question *question)
{
    const struct scrim_guard_setup *setup = scrim_guard_setup_of(server->guard);
    struct scrim_error error;
    for (size_t i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &server->searches[i];
        if (search->number != 0)
            continue;
        search->number = question->number;
        search->finding = scrim_finding_create(setup, question);
        return SCRIM_OK;
    }
    scrim_fail(&error, SCRIM_EBUSY, "others are being searched for at this moment: try again");
    return send_refusal(server, question->number, question->kind, &error);
}

static int open_request(struct scrim_opener_server *server,
                        const struct scrim_opener_question *question)
{
    struct scrim_error error = {0};
    struct scrim_buf age;
    int64_t until_us = 0;
    scrim_buf_init(&age, SCRIM_OPENER_FILE_MAX);
    int result = scrim_guard_open(server->guard, question->request, &age, &until_us, &error);
    if (result < 0) {
        scrim_warn(&server->log, "request %llu is not opened: %s",
                   (unsigned long long)question->request, error.text);
        result = send_refusal(server, question->number, question->kind, &error);
    } else {
        scrim_info(&server->log, "request %llu is opened", (unsigned long long)question->request);
        result = send_bytes(server, question->number, question->kind, &age, until_us);
    }
    scrim_buf_finish(&age);
    return result;
}

// Of a request that is open, or of the break of glass that is under way.
static int give_segment(struct scrim_opener_server *server,
                        const struct scrim_opener_question *question)
{
    struct scrim_error error = {0};
    struct scrim_guard_file file;
    int result =
        question->kind == SCRIM_OPENER_SEGMENT
            ? scrim_guard_segment(server->guard, question->request, question->index, &file, &error)
            : scrim_opener_glass_segment(scrim_guard_setup_of(server->guard)->site,
                                         question->cameras[0], question->name, &file, &error);
    if (result < 0)
        return send_refusal(server, question->number, question->kind, &error);
    const struct scrim_opener_answer answer = {.number = question->number,
                                               .kind = question->kind,
                                               .bytes = file.bytes,
                                               .until_us = file.until_us};
    const int fds[2] = {file.fd, file.tail_fd};
    result = send_answer(server, &answer, fds, file.tail_fd >= 0 ? 2 : 1);
    scrim_close_fd(&file.fd);
    scrim_close_fd(&file.tail_fd);
    return result;
}

static int list_glass(struct scrim_opener_server *server,
                      const struct scrim_opener_question *question)
{
    struct scrim_error error = {0};
    struct scrim_buf list;
    int64_t until_us = 0;
    scrim_buf_init(&list, SCRIM_OPENER_FILE_MAX);
    int result = scrim_opener_glass_list(scrim_guard_setup_of(server->guard)->site,
                                         question->cameras[0], &list, &until_us, &error);
    result = result < 0 ? send_refusal(server, question->number, question->kind, &error)
                        : send_bytes(server, question->number, question->kind, &list, until_us);
    scrim_buf_finish(&list);
    return result;
}

static int answer_question(struct scrim_opener_server *server,
                           const struct scrim_opener_question *question)
{
    const int sound = scrim_opener_question_check(question);
    if (sound < 0)
        return sound;
    switch (question->kind) {
    case SCRIM_OPENER_FIND: return begin_search(server, question);
    case SCRIM_OPENER_OPEN: return open_request(server, question);
    case SCRIM_OPENER_GLASS_LIST: return list_glass(server, question);
    default: return give_segment(server, question);
    }
}

int scrim_opener_server_take(struct scrim_opener_server *server)
{
    struct scrim_opener_question question;
    int fds[SCRIM_DATAGRAM_FDS];
    int result;
    while ((result = scrim_datagram_receive(server->fd, &question, sizeof question, fds)) > 0) {
        bool none = true;
        for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++) {
            none = none && fds[i] < 0;
            scrim_close_fd(&fds[i]);
        }
        result = none ? answer_question(server, &question) : SCRIM_EFORMAT;
        if (result < 0)
            break;
    }
    return result;
}

// --- searches ---

static int end_search(struct scrim_opener_server *server, struct search *search, int result,
                      const struct scrim_error *error)
{
    const uint64_t number = search->number;
    struct scrim_finding *finding = search->finding;
    *search = (struct search){0};
    if (result < 0)
        result = send_refusal(server, number, SCRIM_OPENER_FIND, error);
    else
        result = send_bytes(server, number, SCRIM_OPENER_FIND, scrim_finding_result(finding), 0);
    scrim_finding_destroy(finding);
    return result;
}

int scrim_opener_server_step(struct scrim_opener_server *server)
{
    for (size_t i = 0; i < SEARCHES_MAX; i++) {
        struct search *search = &server->searches[server->turn];
        server->turn = (server->turn + 1) % SEARCHES_MAX;
        if (search->number == 0)
            continue;
        struct scrim_error error = {0};
        const int more = scrim_finding_step(search->finding, &error);
        const int result = more > 0 ? 1 : end_search(server, search, more, &error);
        return result < 0 ? result : 1;
    }
    return 0;
}
