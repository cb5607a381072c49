// The body of a sign-in: the only JSON that the desk takes from strangers.
#include "people/credentials.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_credentials given;
    const bool taken = scrim_credentials_parse(data, size, &given);
    if (given.password_length > sizeof given.password || (!taken && given.password_length > 0))
        abort();
    if (strnlen(given.name, sizeof given.name) == sizeof given.name ||
        (given.name[0] && !scrim_user_name_valid(given.name)))
        abort();
    return 0;
}
