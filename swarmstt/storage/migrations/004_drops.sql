-- What was found in drop folders and was settled: a restart then knows it by sizes and times, without reading it.

CREATE TABLE drops (
    folder TEXT NOT NULL,           -- JSON, as names need not be Unicode
    name TEXT NOT NULL,             -- JSON
    signature TEXT NOT NULL,        -- hash of its files' paths, sizes and times of change
    fingerprint TEXT,               -- hash of its audio; NULL where it was refused
    book_id TEXT,                   -- the book may have been removed since: it is not done again
    refusal TEXT,                   -- why it can be no book
    error_file TEXT,                -- JSON: the file that says so
    PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;
