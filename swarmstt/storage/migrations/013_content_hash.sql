-- Of a book whose audio is damaged: what all of its bytes are known by, so that a mended copy is told from it.
ALTER TABLE books ADD COLUMN content_hash TEXT;
