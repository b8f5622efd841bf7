-- Invitations expire. Those that were made before this are over plain HTTP, and hold for thirty days from now.

ALTER TABLE invitations ADD COLUMN expires_at TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN is_plain INTEGER NOT NULL DEFAULT 1;  -- 0: over TLS

UPDATE invitations SET expires_at = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', '+30 days');
