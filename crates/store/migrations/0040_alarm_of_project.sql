-- Each project has its own alarms of a queue that several share. An empty project: of what all share, or of all projects together,
-- as rows from before say.
CREATE TABLE floor_alarm_of (
    what        TEXT   NOT NULL,
    -- The queue, the trunk, the operator or the group; empty: of all there is
    subject     TEXT   NOT NULL,
    project     TEXT   NOT NULL DEFAULT '',
    -- On since then; NULL: it is off
    since       BIGINT,
    -- What it came on by
    level       BIGINT NOT NULL,
    -- Nobody wants to hear of it until then
    quiet_until BIGINT,
    PRIMARY KEY (what, subject, project)
);
INSERT INTO floor_alarm_of (what, subject, since, level, quiet_until)
SELECT what, subject, since, level, quiet_until FROM floor_alarm;
DROP TABLE floor_alarm;
ALTER TABLE floor_alarm_of RENAME TO floor_alarm;
