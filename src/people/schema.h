// The tables of state/site.db and how an older database comes to have them. One numbered step a
// version (PRAGMA user_version); a step that was released is never changed, only followed.
#pragma once

#include "people/db.h"

// Takes every step that is missing, all in one transaction. SCRIM_EUNSUPPORTED for a database that
// a newer Scrim made.
SCRIM_MUST_CHECK int scrim_schema_ensure(struct scrim_db *db, struct scrim_error *error);
// The same up to a version, for tests of the steps.
SCRIM_MUST_CHECK int scrim_schema_ensure_version(struct scrim_db *db, int64_t version,
                                                 struct scrim_error *error);
int64_t scrim_schema_version(void); // the newest
