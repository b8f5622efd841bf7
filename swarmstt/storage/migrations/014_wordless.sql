-- Where a chunk's transcript has no words though somebody speaks.

ALTER TABLE chunks ADD COLUMN wordless TEXT NOT NULL DEFAULT '[]';
