-- Keys of personal data, wrapped by a key-encryption key that never enters the database (architecture 4).
CREATE SCHEMA keys;

CREATE TABLE keys.secret_checks (
    name  text  NOT NULL PRIMARY KEY,
    value bytea NOT NULL
);
COMMENT ON TABLE keys.secret_checks IS 'By what start-up notices that a secret from outside is missing or another one.';

CREATE TABLE keys.subject_keys (
    key_id     uuid        NOT NULL PRIMARY KEY,
    subject    uuid        NOT NULL,
    data_class text        NOT NULL,
    wrapped    bytea       NOT NULL,
    kek        text        NOT NULL REFERENCES keys.secret_checks (name),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (subject, data_class)
);
COMMENT ON TABLE keys.subject_keys IS 'One key for each class of a subject''s personal data. Deleting the row destroys the data.';
COMMENT ON COLUMN keys.subject_keys.kek IS 'What wraps it; a check value stays as long as a key needs its secret.';

CREATE TABLE keys.about (
    subject    uuid NOT NULL,
    data_class text NOT NULL,
    person     uuid NOT NULL,
    PRIMARY KEY (subject, data_class, person),
    FOREIGN KEY (subject, data_class) REFERENCES keys.subject_keys (subject, data_class) ON DELETE CASCADE
);
CREATE INDEX about_by_person ON keys.about (person);
COMMENT ON TABLE keys.about IS 'Whom a note or draft speaks of: its key dies with the key of any of them.';

CREATE TABLE keys.destroyed (
    subject      uuid        NOT NULL,
    data_class   text        NOT NULL,
    cause        uuid        NOT NULL,
    destroyed_at timestamptz NOT NULL,
    authority    text        NOT NULL,
    PRIMARY KEY (subject, data_class)
);
CREATE INDEX destroyed_by_cause ON keys.destroyed (cause);
COMMENT ON COLUMN keys.destroyed.cause IS 'The subject itself, or the person whose erasure took this note or draft along.';

-- Shared by whoever makes keys, exclusive to whoever destroys some, so that none is made for what is just destroyed.
CREATE FUNCTION keys.lock() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(4243, 2)
$$;

CREATE FUNCTION keys.refuse_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4243, 2);
    -- A statement of its own: it must see what was committed while we waited for the lock.
    PERFORM FROM keys.destroyed d
      WHERE d.data_class = NEW.data_class AND d.subject IN (NEW.subject, (to_jsonb(NEW) ->> 'person')::uuid);
    IF FOUND THEN
        RAISE EXCEPTION 'a key that was destroyed is never made again' USING ERRCODE = 'AS001';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keys_are_never_made_again BEFORE INSERT ON keys.subject_keys
    FOR EACH ROW EXECUTE FUNCTION keys.refuse_destroyed();
CREATE TRIGGER nothing_is_about_the_destroyed BEFORE INSERT ON keys.about
    FOR EACH ROW EXECUTE FUNCTION keys.refuse_destroyed();

GRANT USAGE ON SCHEMA keys TO as_cms_keys, as_cms_erasure, as_cms_service;
GRANT SELECT, INSERT ON keys.secret_checks, keys.subject_keys, keys.about TO as_cms_keys;
GRANT SELECT ON keys.destroyed TO as_cms_keys;
GRANT SELECT (key_id) ON keys.subject_keys TO as_cms_service;
GRANT SELECT (subject, data_class), DELETE ON keys.subject_keys TO as_cms_erasure;
GRANT SELECT ON keys.about TO as_cms_erasure;
GRANT SELECT, INSERT ON keys.destroyed TO as_cms_erasure;
REVOKE EXECUTE ON FUNCTION keys.lock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keys.lock TO as_cms_erasure;
