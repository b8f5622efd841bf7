-- What kind of helper held a lease: a node that restarts knows its helpers from their leases alone. Before this was kept,
-- guests were told from nodes by their ids, which are SHA-256 in hex of nodes only.

ALTER TABLE leases ADD COLUMN helper_kind TEXT NOT NULL DEFAULT 'peer';

UPDATE leases SET helper_kind = 'guest' WHERE length(helper_id) <> 64 OR helper_id GLOB '*[^0-9a-f]*';
