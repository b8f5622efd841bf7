-- How often a person had the gaps of a chunk tried again: each time they are read in another way.

ALTER TABLE chunks ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
