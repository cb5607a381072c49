// The control port: one text command a line, one answer a line ("ok", "error: …" or JSON). Loopback
// only.
//
//     drop CAMERA              close its clients' connections
//     freeze CAMERA 0|1        send nothing, keep the connection
//     repeat CAMERA 0|1        the same frame again and again
//     tsjump CAMERA MS         step the RTP clock
//     speed CAMERA FACTOR      run the camera's clock fast or slow
//     switch CAMERA FILE       go on with another clip
//     loss CAMERA SHARE        lose RTP packets, 0…1
//     seqgap CAMERA N          step the RTP sequence number
//     garbage CAMERA N         overwrite the payload of the next N packets
//     badsdp CAMERA 0|1        DESCRIBE answers nonsense
//     novideo CAMERA 0|1       DESCRIBE offers audio only
//     badcodec CAMERA 0|1      DESCRIBE offers a codec that nobody knows
//     fail CAMERA STATUS       DESCRIBE answers this RTSP status; 0 heals
//     stat CAMERA              counters as JSON
#pragma once

#include "camera.h"

#include <gio/gio.h>

struct control {
    GHashTable *cameras;   // name → struct camera *
    GstRTSPServer *server; // whose clients "drop" closes
};

// Clients carry the camera they asked for under this key (g_object_set_data).
#define CONTROL_CLIENT_CAMERA "scrim-camera"

// Serves the port (0: any free one) until the process ends; `control` must live as long. Returns
// the port, or 0 with `error` set.
guint16 control_start(struct control *control, guint16 port, GError **error);
