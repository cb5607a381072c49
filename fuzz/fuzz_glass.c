// What is said and kept of break-glass: the messages between the programs, the keeper's log, what
// is under way. The first byte chooses.
#include "keeper/glass_log.h"
#include "store/glass_now.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void log_text(const uint8_t *data, size_t size)
{
    struct scrim_glass_log log;
    size_t whole;
    if (scrim_glass_log_parse(data, size, &log, &whole) < 0)
        return;
    if (whole > size)
        __builtin_trap();
    scrim_glass_log_finish(&log);
}

static void now_text(const uint8_t *data, size_t size)
{
    struct scrim_glass_now now;
    struct scrim_buf again;
    if (scrim_glass_now_parse(data, size, &now) < 0)
        return;
    scrim_buf_init(&again, SCRIM_GLASS_NOW_MAX);
    if (scrim_glass_now_format(&now, &again) < 0)
        __builtin_trap();
    scrim_buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_glass_key key;
    struct scrim_glass_ask ask;
    struct scrim_glass_answer answer;
    if (size < 1)
        return 0;
    const uint8_t kind = data[0];
    data++, size--;
    switch (kind) {
    case 'l': log_text(data, size); break;
    case 'n': now_text(data, size); break;
    case 'k': (void)scrim_glass_key_parse(data, size, &key); break;
    case 'q': (void)scrim_glass_ask_parse(data, size, &ask); break;
    case 'a': (void)scrim_glass_answer_parse(data, size, &answer); break;
    default: break;
    }
    return 0;
}
