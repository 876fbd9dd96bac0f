-- How long the caller had waited who left a queue by a key to be called back. Milliseconds.
ALTER TABLE request ADD COLUMN waited_ms BIGINT;
