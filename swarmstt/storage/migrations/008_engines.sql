-- What decoded each chunk, with its version: versions differ in a few words. Earlier results do not say.

ALTER TABLE results ADD COLUMN engine TEXT NOT NULL DEFAULT 'unknown';
