-- What this node decoded for other coordinators and they have not acknowledged: kept for a day, over restarts too.

CREATE TABLE kept_results (
    position INTEGER PRIMARY KEY,   -- the newest has the highest
    coordinator_id TEXT NOT NULL,
    lease_id INTEGER NOT NULL,      -- the coordinator's: it names the chunk
    result BLOB NOT NULL,           -- msgpack: transcript and provenance
    kept_at TEXT NOT NULL,
    UNIQUE (coordinator_id, lease_id)
) STRICT;
