#include "desk/status_side.h"

#include "base/alloc.h"
#include "desk/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS_MAX 8
#define PATIENCE_MS 5000 // for a client that does not read

struct client {
    struct scrim_status_side *side;
    uv_pipe_t pipe;
    uv_timer_t patience;
    uv_write_t write;
    char *text;       // owned
    unsigned handles; // of the two, still open
    struct client *next, **back;
};

struct scrim_status_side {
    struct scrim_desk *desk;
    uv_pipe_t listener;
    struct client *list;
    unsigned count;
};

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    if (--client->handles > 0)
        return;
    free(client->text);
    free(client);
}

static void leave(struct client *client)
{
    if (uv_is_closing((uv_handle_t *)&client->pipe))
        return;
    *client->back = client->next;
    if (client->next)
        client->next->back = client->back;
    client->side->count--;
    uv_close((uv_handle_t *)&client->pipe, on_closed);
    uv_close((uv_handle_t *)&client->patience, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status; // a client that has gone has gone
    leave(write->data);
}

static void on_impatient(uv_timer_t *timer)
{
    leave(timer->data);
}

static struct client *add(struct scrim_status_side *side)
{
    struct client *client = scrim_new(struct client);
    uv_loop_t *loop = side->listener.loop;
    client->side = side;
    uv_pipe_init(loop, &client->pipe, 0);
    uv_timer_init(loop, &client->patience);
    client->pipe.data = client->patience.data = client->write.data = client;
    client->handles = 2;
    client->next = side->list;
    client->back = &side->list;
    if (client->next)
        client->next->back = &client->next;
    side->list = client;
    side->count++;
    return client;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct scrim_status_side *side = listener->data;
    if (status < 0)
        return;
    struct client *client = add(side);
    json_t *json = NULL;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) == 0 && side->count <= CLIENTS_MAX)
        json = scrim_status_json(side->desk);
    client->text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    const uv_buf_t buf =
        uv_buf_init(client->text, client->text ? (unsigned)strlen(client->text) : 0);
    uv_timer_start(&client->patience, on_impatient, PATIENCE_MS, 0);
    if (!client->text ||
        uv_write(&client->write, (uv_stream_t *)&client->pipe, &buf, 1, on_written) != 0)
        leave(client);
}

int scrim_status_side_create(struct scrim_desk *desk, int listen_fd, struct scrim_status_side **ret,
                             struct scrim_error *error)
{
    struct scrim_status_side *side = scrim_new(struct scrim_status_side);
    side->desk = desk;
    uv_pipe_init(&desk->loop, &side->listener, 0);
    side->listener.data = side;
    *ret = side;
    int failed = uv_pipe_open(&side->listener, listen_fd);
    if (failed != 0)
        close(listen_fd);
    else
        failed = uv_listen((uv_stream_t *)&side->listener, CLIENTS_MAX, on_connection);
    return failed == 0 ? SCRIM_OK
                       : scrim_fail(error, SCRIM_EINTERNAL, "cannot listen on %s: %s",
                                    SCRIM_STATUS_SOCKET, uv_strerror(failed));
}

void scrim_status_side_close(struct scrim_status_side *side)
{
    while (side->list)
        leave(side->list);
    uv_close((uv_handle_t *)&side->listener, NULL);
}

void scrim_status_side_free(struct scrim_status_side *side)
{
    free(side);
}
