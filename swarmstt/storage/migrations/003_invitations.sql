-- Invitations for guests. Of a token only its hash is kept: who reads this file cannot help with it.

CREATE TABLE invitations (
    invitation_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_sha256 TEXT NOT NULL UNIQUE,  -- hex
    created_at TEXT NOT NULL,
    last_used_at TEXT                   -- to the minute or so
) STRICT;
