-- The ebook of a book: what its file was called, and what was found of it when the transcript was written, as JSON.

ALTER TABLE books ADD COLUMN ebook TEXT NOT NULL DEFAULT 'null';
