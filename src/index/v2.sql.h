// Schema 2 of state/index.db. A change makes a v3.sql.h and a new user_version: since all of it can
// be made again, an older database is simply rebuilt.
#pragma once

#define SCRIM_INDEX_VERSION 2
#define SCRIM_INDEX_APPLICATION 0x5363726d // "Scrm"

static const char schema[] =
    // How far the journals of a camera have been read: everything in days before `day`, and
    // `offset` bytes of that day. next_seq and prev are the chain's head there. expired_us: earlier
    // rows were forgotten.
    "CREATE TABLE camera("
    " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " day TEXT NOT NULL DEFAULT '', offset INTEGER NOT NULL DEFAULT 0,"
    " next_seq INTEGER NOT NULL DEFAULT 0, prev BLOB NOT NULL,"
    " first_us INTEGER, last_us INTEGER, expired_us INTEGER NOT NULL DEFAULT 0,"
    " broken TEXT);"
    "CREATE TABLE segment("
    " camera INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, torn INTEGER NOT NULL, file TEXT NOT NULL,"
    " PRIMARY KEY(camera, seq)) WITHOUT ROWID;"
    "CREATE TABLE gap("
    " camera INTEGER NOT NULL, start_us INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " end_us INTEGER NOT NULL, cause INTEGER NOT NULL, detail TEXT NOT NULL,"
    " PRIMARY KEY(camera, start_us, seq)) WITHOUT ROWID;"
    "CREATE TABLE archive("
    " camera INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " first_pts_us INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL, mime TEXT NOT "
    "NULL,"
    " PRIMARY KEY(camera, start_us)) WITHOUT ROWID;"
    // What is recorded (kind 0), redacted (1), not sealed on purpose (2 and 3, enum span_kind)
    // without a break, so that a month is a few rows.
    "CREATE TABLE span("
    " camera INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " PRIMARY KEY(camera, kind, start_us)) WITHOUT ROWID;"
    // What became of the redacted picture, and when: each row counts until the next one.
    "CREATE TABLE state("
    " camera INTEGER NOT NULL, at_us INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT "
    "NULL,"
    " PRIMARY KEY(camera, at_us)) WITHOUT ROWID;";
