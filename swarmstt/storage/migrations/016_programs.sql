-- Other programs that may send recordings, and what they sent.

ALTER TABLE books ADD COLUMN for_program INTEGER NOT NULL DEFAULT 0;  -- 1: no person keeps it among their books

CREATE TABLE programs (
    program_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_sha256 TEXT NOT NULL,
    origins TEXT NOT NULL,  -- JSON: the web pages that may ask with its token
    created_at TEXT NOT NULL,
    last_used_at TEXT
);

CREATE TABLE program_jobs (
    job_id TEXT PRIMARY KEY,
    program_id TEXT NOT NULL,  -- '' is whoever asks from this PC
    book_id TEXT NOT NULL REFERENCES books (book_id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    created_at TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    finished_at TEXT
);
CREATE INDEX program_jobs_of_books ON program_jobs (book_id);
