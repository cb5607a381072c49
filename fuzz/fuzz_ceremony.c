// What a ceremony leaves and brings: proof of a test opening, transcript, and the text of a page
// that somebody typed. What is read must be written again as something that reads the same.
#include "vault/ceremony.h"
#include "vault/paper.h"
#include "vault/test_opening.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_proof(const uint8_t *data, size_t size)
{
    static struct scrim_test_opening proof, again;
    struct scrim_buf bytes;
    if (scrim_test_opening_parse(data, size, &proof, NULL) < 0)
        return;
    scrim_buf_init(&bytes, SCRIM_VAULT_TEST_MAX);
    if (scrim_test_opening_write(&proof, &bytes) < 0 ||
        scrim_test_opening_parse(bytes.data, bytes.len, &again, NULL) < 0 ||
        again.partials_count != proof.partials_count || strcmp(again.header, proof.header) != 0)
        abort();
    scrim_buf_finish(&bytes);
}

static void try_transcript(const uint8_t *data, size_t size)
{
    static struct scrim_ceremony ceremony, again;
    struct scrim_buf bytes;
    if (scrim_ceremony_parse(data, size, &ceremony, NULL) < 0)
        return;
    scrim_buf_init(&bytes, SCRIM_VAULT_TRANSCRIPT_MAX);
    if (scrim_ceremony_write(&ceremony, &bytes) < 0 ||
        scrim_ceremony_parse(bytes.data, bytes.len, &again, NULL) < 0 ||
        again.deals_count != ceremony.deals_count || again.kind != ceremony.kind)
        abort();
    scrim_buf_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_paper paper;
    struct scrim_error error;
    try_proof(data, size);
    try_transcript(data, size);
    (void)!scrim_paper_read(data, size, &paper, &error);
    return 0;
}
