-- Who directs the operators, queues and calls of the own project; 0: nobody who was there before. An admin does so anyway.

ALTER TABLE operator ADD COLUMN supervisor BIGINT NOT NULL DEFAULT 0;
