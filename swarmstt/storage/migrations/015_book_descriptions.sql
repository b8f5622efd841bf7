-- What is said of a book besides its title and author; what its files are called in it, and what decided their order;
-- and what the sound of each is known by, whatever its tags.

ALTER TABLE books ADD COLUMN narrator TEXT;
ALTER TABLE books ADD COLUMN series TEXT;
ALTER TABLE books ADD COLUMN sound TEXT NOT NULL DEFAULT '[]';
ALTER TABLE books ADD COLUMN file_order TEXT NOT NULL DEFAULT '{"paths":[],"by":"names","left_out":[]}';
