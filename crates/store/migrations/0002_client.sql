-- The local client directory. A number may belong to several clients (a family, an office), a client may have several
-- numbers: hence two tables. The id is that of the source it was imported from, unique within a project.

CREATE TABLE client (
    project    TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    class      TEXT   NOT NULL,
    -- Further fields by name, as a JSON object.
    fields     TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project, client_id)
);

CREATE TABLE client_number (
    project   TEXT NOT NULL,
    e164      TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (project, e164, client_id)
);
CREATE INDEX client_number_client ON client_number (project, client_id);
