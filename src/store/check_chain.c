// The lines of a journal: form, signature, sequence, chain.
#include "store/check_impl.h"

#include <inttypes.h>
#include <string.h>

// A line that cannot be trusted still has a hash, and a good line after it may continue from that.
static int reject(struct check_chain *chain, const char *file, const char *line, size_t length,
                  const char *why)
{
    scrim_check_say(chain->check, SCRIM_FINDING_JOURNAL, file, "record %" PRIu64 ": %s",
                    chain->next_seq, why);
    scrim_journal_line_hash(line, length, chain->prev);
    chain->next_seq++;
    return SCRIM_EFORMAT;
}

int scrim_check_line(struct check_chain *chain, const char *file, const char *line, size_t length,
                     struct scrim_record *ret)
{
    struct check *check = chain->check;
    struct scrim_record record;
    struct scrim_error why;
    uint8_t prev[32];
    check->result.records++;
    if (scrim_journal_parse(line, length, chain->public_key ? chain->public_key : check->public_key,
                            &record, prev, &why) < 0)
        return reject(chain, file, line, length, why.text);

    if (record.seq != chain->next_seq)
        scrim_check_say(check, SCRIM_FINDING_JOURNAL, file,
                        "record %" PRIu64 " stands where %" PRIu64
                        " should be: records are missing",
                        record.seq, chain->next_seq);
    else if (memcmp(prev, chain->prev, sizeof prev) != 0)
        scrim_check_say(check, SCRIM_FINDING_JOURNAL, file,
                        "record %" PRIu64 " does not continue the record before it%s", record.seq,
                        record.seq == 0 ? " (the beginning of the chain)" : "");
    if (chain->camera[0] != '\0' && strcmp(record.camera, chain->camera) != 0)
        scrim_check_say(check, SCRIM_FINDING_JOURNAL, file,
                        "record %" PRIu64 " belongs to camera %s", record.seq, record.camera);
    scrim_journal_line_hash(line, length, chain->prev);
    chain->next_seq = record.seq + 1;
    *ret = record;
    return SCRIM_OK;
}
