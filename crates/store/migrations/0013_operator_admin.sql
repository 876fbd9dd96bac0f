-- Who may change the plan over HTTP; 0: nobody who was there before.

ALTER TABLE operator ADD COLUMN admin BIGINT NOT NULL DEFAULT 0;
