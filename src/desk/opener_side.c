#include "desk/opener_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "desk/believed_peer.h"
#include "link/datagram.h"
#include "link/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// How long a question may take: one that looks at 20,000 files may have to wait for slow disks.
#define FIND_PATIENCE_US (300 * SCRIM_SECOND)
#define OPEN_PATIENCE_US (60 * SCRIM_SECOND)
#define SEGMENT_PATIENCE_US (20 * SCRIM_SECOND)

_Static_assert(SCRIM_OPENER_PROOF == SCRIM_BELIEVED_PROOF, "one size of proof");
_Static_assert(SCRIM_DATAGRAM_FDS >= 2, "a segment and its tail");

struct line {
    int fd;
};

struct waiting {
    uint64_t number; // 0: this place is free
    enum scrim_opener_kind kind;
    int64_t until_us;               // monotonic
    scrim_opener_answered answered; // NULL: who asked is gone
    const void *context;
};

struct scrim_opener_side {
    struct scrim_log log;
    struct scrim_believed_socket *place;
    uint64_t last;
    struct waiting waiting[SCRIM_OPENER_WAITING];
};

static const char not_running[] = "The program that guards openings (scrim-opener) is not running.";

// --- answers ---

static void close_both(const int fds[SCRIM_DATAGRAM_FDS])
{
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

// `told` owns its descriptors until somebody takes them over.
static void end_waiting(struct waiting *waiting, const struct scrim_opener_told *told)
{
    const struct waiting ended = *waiting;
    const int fds[SCRIM_DATAGRAM_FDS] = {told->fd, told->tail_fd};
    *waiting = (struct waiting){0};
    if (ended.answered)
        ended.answered((void *)(uintptr_t)ended.context, told);
    else
        close_both(fds);
}

static void refuse(struct waiting *waiting, const char *why)
{
    const struct scrim_opener_told told = {
        .code = SCRIM_ENETWORK, .why = why, .fd = -1, .tail_fd = -1};
    end_waiting(waiting, &told);
}

// Nobody can change it or cut it short while it is looked at.
static bool is_sealed_memory(int fd, uint64_t bytes)
{
    const int wanted = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    struct stat info;
    return fd >= 0 && bytes > 0 && bytes <= SCRIM_OPENER_FILE_MAX &&
           (fcntl(fd, F_GET_SEALS) & wanted) == wanted && fstat(fd, &info) == 0 &&
           (uint64_t)info.st_size == bytes;
}

static bool give_bytes(struct waiting *waiting, const struct scrim_opener_answer *answer, int fd)
{
    if (!is_sealed_memory(fd, answer->bytes))
        return false;
    void *bytes = mmap(NULL, (size_t)answer->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        refuse(waiting, "There is no memory for the answer of scrim-opener.");
        return true;
    }
    const struct scrim_opener_told told = {.why = "",
                                           .bytes = bytes,
                                           .count = (size_t)answer->bytes,
                                           .until_us = answer->until_us,
                                           .fd = -1,
                                           .tail_fd = -1};
    end_waiting(waiting, &told);
    munmap(bytes, (size_t)answer->bytes);
    return true;
}

static bool give_files(struct waiting *waiting, const struct scrim_opener_answer *answer,
                       int fds[SCRIM_DATAGRAM_FDS])
{
    if (fds[0] < 0)
        return false;
    const struct scrim_opener_told told = {.why = "",
                                           .until_us = answer->until_us,
                                           .fd = fds[0],
                                           .tail_fd = fds[1],
                                           .file_bytes = answer->bytes};
    fds[0] = fds[1] = -1;
    end_waiting(waiting, &told);
    return true;
}

static bool give_refusal(struct waiting *waiting, const struct scrim_opener_answer *answer)
{
    const struct scrim_opener_told told = {
        .code = answer->result, .why = answer->text, .fd = -1, .tail_fd = -1};
    if (answer->text[0] == '\0')
        return false;
    end_waiting(waiting, &told);
    return true;
}

// Takes over what it hands on, and sets its place to -1.
static bool take_answer(struct scrim_opener_side *side, const struct scrim_opener_answer *answer,
                        int fds[SCRIM_DATAGRAM_FDS])
{
    struct waiting *waiting = NULL;
    for (size_t i = 0; i < SCRIM_OPENER_WAITING && !waiting; i++)
        if (answer->number != 0 && side->waiting[i].number == answer->number)
            waiting = &side->waiting[i];
    if (!waiting)
        return answer->number != 0 && answer->number <= side->last; // too late, and was told so
    if (answer->kind != (uint32_t)waiting->kind)
        return false;
    if (answer->result < 0)
        return give_refusal(waiting, answer);
    return waiting->kind == SCRIM_OPENER_SEGMENT || waiting->kind == SCRIM_OPENER_GLASS_SEGMENT
               ? give_files(waiting, answer, fds)
               : give_bytes(waiting, answer, fds[0]);
}

static int take(struct scrim_opener_side *side, struct scrim_believed_peer *peer,
                struct scrim_opener_answer *answer, int fds[SCRIM_DATAGRAM_FDS])
{
    answer->text[sizeof answer->text - 1] = '\0';
    if (answer->kind == SCRIM_OPENER_HELLO) {
        if (!scrim_believed_show(peer, answer->proof))
            return SCRIM_EFORMAT;
        scrim_info(&side->log, "scrim-opener is here");
        return SCRIM_OK;
    }
    return scrim_believed_is(peer) && take_answer(side, answer, fds) ? SCRIM_OK : SCRIM_EFORMAT;
}

// --- the connection ---

static void *open_line(int fd)
{
    struct line *line = scrim_new(struct line);
    line->fd = fd;
    return line;
}

static void close_line(void *line)
{
    scrim_close_fd(&((struct line *)line)->fd);
    free(line);
}

static int on_ready(void *context, struct scrim_believed_peer *peer, void *line, int events)
{
    struct scrim_opener_answer answer;
    int fds[SCRIM_DATAGRAM_FDS];
    int result = 1;
    (void)events;
    while (result > 0) {
        result = scrim_datagram_receive(((struct line *)line)->fd, &answer, sizeof answer, fds);
        if (result <= 0)
            break;
        const int taken = take(context, peer, &answer, fds);
        close_both(fds);
        if (taken < 0)
            result = taken;
    }
    return result;
}

static void on_gone(void *context)
{
    struct scrim_opener_side *side = context;
    for (size_t i = 0; i < SCRIM_OPENER_WAITING; i++)
        if (side->waiting[i].number)
            refuse(&side->waiting[i],
                   "The program that guards openings (scrim-opener) ended before it answered.");
}

static void on_tick(void *context, int64_t now_us)
{
    struct scrim_opener_side *side = context;
    for (size_t i = 0; i < SCRIM_OPENER_WAITING; i++)
        if (side->waiting[i].number && side->waiting[i].until_us <= now_us)
            refuse(&side->waiting[i],
                   "The program that guards openings (scrim-opener) does not answer in time.");
}

// --- life ---

int scrim_opener_side_create(const char *dir, struct scrim_opener_side **ret,
                             struct scrim_error *error)
{
    static const struct scrim_believed_config config = {.program = "scrim-opener",
                                                        .socket = SCRIM_OPENER_SOCKET,
                                                        .directory = SCRIM_OPENER_DIR,
                                                        .proof = SCRIM_OPENER_PROOF_FILE,
                                                        .type = SOCK_SEQPACKET};
    struct scrim_opener_side *side = scrim_new(struct scrim_opener_side);
    side->log = scrim_log_named("desk.opener");
    const int result = scrim_believed_open(dir, &config, &side->place, error);
    if (result < 0) {
        scrim_opener_side_free(side);
        return result;
    }
    *ret = side;
    return SCRIM_OK;
}

int scrim_opener_side_start(struct scrim_opener_side *side, uv_loop_t *loop,
                            struct scrim_error *error)
{
    static const struct scrim_believed_handler handler = {.open = open_line,
                                                          .close = close_line,
                                                          .ready = on_ready,
                                                          .gone = on_gone,
                                                          .tick = on_tick};
    return scrim_believed_start(side->place, loop, &handler, side, error);
}

void scrim_opener_side_close(struct scrim_opener_side *side)
{
    if (side)
        scrim_believed_close(side->place);
}

void scrim_opener_side_free(struct scrim_opener_side *side)
{
    if (!side)
        return;
    scrim_believed_free(side->place);
    free(side);
}

bool scrim_opener_side_here(const struct scrim_opener_side *side)
{
    return side && scrim_believed_line(side->place) != NULL;
}

// --- what it is asked ---

static int ask(struct scrim_opener_side *side, struct scrim_opener_question *question,
               int64_t patience_us, scrim_opener_answered answered, void *context,
               struct scrim_error *error)
{
    const struct line *line = scrim_believed_line(side->place);
    struct waiting *place = NULL;
    if (!line)
        return scrim_fail(error, SCRIM_ENETWORK, "%s", not_running);
    for (size_t i = 0; i < SCRIM_OPENER_WAITING && !place; i++)
        if (side->waiting[i].number == 0)
            place = &side->waiting[i];
    if (!place)
        return scrim_fail(error, SCRIM_EBUSY,
                          "Too much is being opened at this moment. Try again in a few seconds.");
    question->number = ++side->last;
    const int sent = scrim_datagram_send(line->fd, question, sizeof *question, NULL, 0);
    if (sent < 0)
        return scrim_fail(error, sent == SCRIM_EAGAIN ? SCRIM_EBUSY : SCRIM_ENETWORK,
                          "The program that guards openings (scrim-opener) cannot be asked.");
    *place = (struct waiting){.number = question->number,
                              .kind = (enum scrim_opener_kind)question->kind,
                              .until_us = scrim_clock_mono_us() + patience_us,
                              .answered = answered,
                              .context = context};
    return SCRIM_OK;
}

int scrim_opener_side_find(struct scrim_opener_side *side, const char *const *cameras, size_t count,
                           int64_t from_us, int64_t to_us, scrim_opener_answered answered,
                           void *context, struct scrim_error *error)
{
    struct scrim_opener_question question = {.kind = SCRIM_OPENER_FIND,
                                             .from_us = from_us,
                                             .to_us = to_us,
                                             .cameras_count = (uint32_t)count};
    if (count == 0 || count > SCRIM_OPENER_CAMERAS_MAX || from_us >= to_us)
        return scrim_fail(error, SCRIM_EINVAL, "1 to %d cameras, and a time that ends later",
                          SCRIM_OPENER_CAMERAS_MAX);
    for (size_t i = 0; i < count; i++)
        snprintf(question.cameras[i], sizeof question.cameras[i], "%s", cameras[i]);
    return ask(side, &question, FIND_PATIENCE_US, answered, context, error);
}

int scrim_opener_side_open(struct scrim_opener_side *side, uint64_t request,
                           scrim_opener_answered answered, void *context, struct scrim_error *error)
{
    struct scrim_opener_question question = {.kind = SCRIM_OPENER_OPEN, .request = request};
    return ask(side, &question, OPEN_PATIENCE_US, answered, context, error);
}

int scrim_opener_side_segment(struct scrim_opener_side *side, uint64_t request, uint32_t index,
                              scrim_opener_answered answered, void *context,
                              struct scrim_error *error)
{
    struct scrim_opener_question question = {
        .kind = SCRIM_OPENER_SEGMENT, .request = request, .index = index};
    return ask(side, &question, SEGMENT_PATIENCE_US, answered, context, error);
}

int scrim_opener_side_glass_list(struct scrim_opener_side *side, const char *camera,
                                 scrim_opener_answered answered, void *context,
                                 struct scrim_error *error)
{
    struct scrim_opener_question question = {.kind = SCRIM_OPENER_GLASS_LIST, .cameras_count = 1};
    snprintf(question.cameras[0], sizeof question.cameras[0], "%s", camera);
    return ask(side, &question, SEGMENT_PATIENCE_US, answered, context, error);
}

int scrim_opener_side_glass_segment(struct scrim_opener_side *side, const char *camera,
                                    const char *name, scrim_opener_answered answered, void *context,
                                    struct scrim_error *error)
{
    struct scrim_opener_question question = {.kind = SCRIM_OPENER_GLASS_SEGMENT,
                                             .cameras_count = 1};
    if (strlen(name) >= sizeof question.name)
        return scrim_fail(error, SCRIM_ENOENT, "There is no such segment.");
    snprintf(question.cameras[0], sizeof question.cameras[0], "%s", camera);
    snprintf(question.name, sizeof question.name, "%s", name);
    return ask(side, &question, SEGMENT_PATIENCE_US, answered, context, error);
}

void scrim_opener_side_forget(struct scrim_opener_side *side, const void *context)
{
    if (!side)
        return;
    for (size_t i = 0; i < SCRIM_OPENER_WAITING; i++)
        if (side->waiting[i].number && side->waiting[i].context == context)
            side->waiting[i].answered = NULL;
}
