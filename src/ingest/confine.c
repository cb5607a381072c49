#include "ingest/ingest_impl.h"

#include "base/sandbox.h"

// What one stream may take: a picture being assembled, one on its way, what TLS and RTP keep.
#define MEMORY_BYTES (96U << 20)
#define DESCRIPTORS 64

int scrim_ingest_confine(struct scrim_error *error)
{
    struct scrim_error unconfined = {0};
    const int result = scrim_sandbox_limits(MEMORY_BYTES, DESCRIPTORS, error);
    if (result < 0)
        return result;
    const int files = scrim_sandbox_files(NULL, 0, &unconfined);
    if (files < 0 &&
        files != SCRIM_EUNSUPPORTED) // without Landlock no call opens a file all the same
        return scrim_fail(error, files, "%s", unconfined.text);
    return scrim_sandbox_calls(NULL, error);
}
