-- How a lease came to an end undone, as the event of the lease table (or 'restarted') that ended it first: the state alone
-- no longer tells, once another lease of its chunk delivered. NULL: held, or delivered, or ended before this was kept.

ALTER TABLE leases ADD COLUMN parting TEXT;

UPDATE leases SET parting = CASE state WHEN 'lost' THEN 'expired' ELSE state END
WHERE state IN ('lost', 'failed', 'returned');

CREATE INDEX leases_parted ON leases (book_id, position) WHERE parting IS NOT NULL;
