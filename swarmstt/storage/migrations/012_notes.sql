-- Sentences about a book's files that a person should know, though nothing is missing.

ALTER TABLE books ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
