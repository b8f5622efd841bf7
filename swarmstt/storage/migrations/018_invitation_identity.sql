-- An invitation over TLS names the certificate of the node that made it: with another identity it is good for nothing.

ALTER TABLE invitations ADD COLUMN node_id TEXT;  -- NULL until the next start: made before this was kept
