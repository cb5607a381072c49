// The page with a share on it: one side of A4, to be printed, folded and locked away. SVG, with a
// QR code of the text by libqrencode; as HTML it is the same picture with the margins of a printer.
#pragma once

#include "base/buf.h"
#include "vault/vault.h"

#define SCRIM_PAPER_PAGE_MAX (512 * 1024)

struct scrim_paper_page {
    const struct scrim_vault *vault;
    const struct scrim_share *share;
    const char *text; // of scrim_paper_write
    const char *site; // "" if it is not known
    int64_t at_us;    // UTC
    bool html;
};

// `ret` is initialised by the caller, who wipes it.
SCRIM_MUST_CHECK int scrim_paper_page_write(const struct scrim_paper_page *page,
                                            struct scrim_buf *ret, struct scrim_error *error);
