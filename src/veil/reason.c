#include "veil/reason.h"

const char *scrim_reason_text(enum scrim_reason reason)
{
    switch (reason) {
#define X(name, value, text) \
    case SCRIM_REASON_##name: return text;
        SCRIM_REASONS(X)
#undef X
    case SCRIM_REASON_COUNT: break;
    }
    return "unknown";
}
