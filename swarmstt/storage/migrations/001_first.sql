-- Books, their chunks, who held them, and what came out. Times are ISO 8601 in UTC; positions are samples at 16 kHz.

CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE books (
    book_id TEXT PRIMARY KEY,
    position INTEGER NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    filename TEXT NOT NULL,
    sources TEXT NOT NULL,          -- JSON: paths in order
    is_folder INTEGER NOT NULL,     -- 1: each source is a chapter
    uploaded INTEGER NOT NULL,      -- 1: the sources are the node's own copies
    settings TEXT NOT NULL,         -- JSON: BookSettings
    output TEXT NOT NULL,           -- JSON: where and how the transcript is written
    state TEXT NOT NULL,
    reason TEXT,
    language TEXT,
    paused INTEGER NOT NULL DEFAULT 0,
    alone INTEGER NOT NULL,         -- 1: only this PC may decode it
    read_whole INTEGER NOT NULL DEFAULT 0,
    title TEXT,
    author TEXT,
    chapters TEXT NOT NULL DEFAULT '[]',
    damages TEXT NOT NULL DEFAULT '[]',
    estimated_seconds REAL NOT NULL DEFAULT 0,
    added_at TEXT NOT NULL,
    completed_at TEXT,
    files TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE chunks (
    book_id TEXT NOT NULL REFERENCES books ON DELETE CASCADE,
    position INTEGER NOT NULL,
    start_sample INTEGER NOT NULL,
    sample_count INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (book_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    lease_id INTEGER PRIMARY KEY,
    book_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    helper_id TEXT NOT NULL,
    helper_name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    granted_at TEXT NOT NULL,
    ended_at TEXT,
    FOREIGN KEY (book_id, position) REFERENCES chunks ON DELETE CASCADE
) STRICT;

CREATE INDEX leases_of_chunk ON leases (book_id, position);
CREATE INDEX leases_held ON leases (state) WHERE state = 'held';

CREATE TABLE results (
    book_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    lease_id INTEGER NOT NULL,
    transcript BLOB NOT NULL,       -- msgpack
    helper_name TEXT NOT NULL,
    model TEXT NOT NULL,
    device TEXT NOT NULL,
    compute_type TEXT NOT NULL,
    processing_seconds REAL NOT NULL,
    delivered_at TEXT NOT NULL,
    PRIMARY KEY (book_id, position),
    FOREIGN KEY (book_id, position) REFERENCES chunks ON DELETE CASCADE
) STRICT;
