// The header of an age file. What parses is canonical: written again it gives the same bytes.
#include "age/age.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t file_key[SCRIM_AGE_FILE_KEY];
    struct scrim_age_header header;
    struct scrim_error error;
    if (scrim_age_header_parse(data, size, &header, &error) < 0)
        return 0;
    struct scrim_buf again;
    scrim_buf_init(&again, SCRIM_AGE_HEADER_MAX);
    if (header.length > size ||
        scrim_age_header_write(header.stanzas, header.stanzas_count, file_key, &again) < 0 ||
        again.len != header.length || memcmp(again.data, data, header.signed_len) != 0 ||
        memcmp(header.signed_bytes, data, header.signed_len) != 0)
        abort();
    scrim_buf_finish(&again);
    scrim_age_header_finish(&header);
    return 0;
}
