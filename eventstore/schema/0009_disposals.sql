-- Disposals (ADR 0023): whoever destroys keys sees who is under a legal hold, under the lock of the log.
GRANT SELECT (stream, type) ON log.events TO as_cms_erasure;

CREATE TABLE keys.swept (
    subject    uuid        NOT NULL,
    data_class text        NOT NULL,
    swept_at   timestamptz NOT NULL DEFAULT now(),
    wal        pg_lsn      NOT NULL DEFAULT pg_current_wal_insert_lsn(),
    PRIMARY KEY (subject, data_class)
);
COMMENT ON TABLE keys.swept IS 'Whose traces went with the files they were in: every table that had held a destroyed key, or what it had sealed, was written anew since.';
COMMENT ON COLUMN keys.swept.swept_at IS 'When all these tables had been written anew (UTC).';
COMMENT ON COLUMN keys.swept.wal IS 'Where the write-ahead log stood then: segments that end before it may still hold what was in them.';

-- The planner keeps samples of columns where no row is deleted: of wrapped keys and of digests it needs none.
ALTER TABLE keys.subject_keys ALTER COLUMN wrapped SET STATISTICS 0;
ALTER TABLE log.claims ALTER COLUMN claim SET STATISTICS 0;
