-- By what else than a number a client is found: the fields of the card, such as the number of a contract, and the id itself as
-- `id`. Spaces and hyphens do not count, as nobody types them; what is longer than 64 characters is no key.

CREATE TABLE client_field (
    project   TEXT NOT NULL,
    field     TEXT NOT NULL,
    value     TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (project, field, value, client_id)
) WITHOUT ROWID;

-- In the order of the table, and the index behind it: a large directory is written from end to end, not all over.
INSERT INTO client_field (project, field, value, client_id)
SELECT project, field, value, client_id FROM (
    SELECT client.project, client.client_id, kept.key AS field,
           replace(replace(kept.value, ' ', ''), '-', '') AS value
    FROM client, json_each(client.fields) AS kept
    WHERE json_valid(client.fields)
    UNION ALL
    SELECT project, client_id, 'id', replace(replace(client_id, ' ', ''), '-', '') FROM client
)
WHERE length(value) BETWEEN 1 AND 64
ORDER BY project, field, value, client_id
ON CONFLICT (project, field, value, client_id) DO NOTHING;

CREATE INDEX client_field_client ON client_field (project, client_id);
