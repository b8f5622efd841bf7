-- What a person changed of a book, and names in it that are spelled in several ways, as JSON.

ALTER TABLE books ADD COLUMN edits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE books ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
