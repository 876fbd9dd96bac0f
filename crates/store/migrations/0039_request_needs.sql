-- What whoever calls back has to know for the caller, besides what the queue asks: JSON, as the journal has it. NULL: nothing.
ALTER TABLE request ADD COLUMN needs TEXT;
