-- Peers that were linked once: dialled again at the next start, and when mDNS does not work.

CREATE TABLE peers (
    node_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    addresses TEXT NOT NULL,        -- JSON: the best first
    seen_at TEXT NOT NULL           -- when a link to it was last open
) STRICT;
