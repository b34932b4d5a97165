-- The log: one append-only table for all streams, with claims and answers written in the same statement (ADR 0003).
CREATE SCHEMA log;

CREATE TABLE log.events (
    position       bigint      NOT NULL PRIMARY KEY,
    stream         uuid        NOT NULL,
    version        integer     NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    recorded_at    timestamptz NOT NULL,
    decided_on     date        NOT NULL,
    command_id     uuid        NOT NULL,
    envelope       bytea       NOT NULL,
    data           bytea       NOT NULL,
    UNIQUE (stream, version)
);
CREATE INDEX events_by_command ON log.events (command_id);
CREATE INDEX events_by_instant ON log.events (recorded_at, position);

COMMENT ON TABLE log.events IS 'Every event of every stream, in commit order: positions 1, 2, 3, ... without a gap.';
COMMENT ON COLUMN log.events.recorded_at IS 'When it was recorded (UTC); never decreases with position.';
COMMENT ON COLUMN log.events.decided_on IS 'The Auckland day on which it was decided; always the Auckland day of recorded_at.';

CREATE TABLE log.claims (
    claim       bytea       NOT NULL,
    version     integer     NOT NULL,
    holder      uuid        NOT NULL,
    held        boolean     NOT NULL,
    command_id  uuid        NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (claim, version)
);
CREATE INDEX claims_by_holder ON log.claims (holder);
COMMENT ON TABLE log.claims IS 'Who holds what, answered without lag: the latest row of a claim names its holder, or its last one.';

CREATE TABLE log.answers (
    command_id  uuid        NOT NULL PRIMARY KEY,
    body_digest bytea       NOT NULL,
    position    bigint      NOT NULL,
    answer      bytea       NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX answers_by_age ON log.answers (recorded_at);
COMMENT ON TABLE log.answers IS 'The answer of every command that succeeded, so that a repeat is given the first one.';

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER events_are_immutable BEFORE UPDATE OR DELETE ON log.events
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER claims_are_never_updated BEFORE UPDATE ON log.claims
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_immutable;
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_truncated;

-- Held by whoever appends, and by whoever destroys a key, until their transaction ends.
CREATE FUNCTION log.lock() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(4243, 1)
$$;

-- All that a turn of the deciding writer has to read, in one exchange: which of these commands were answered before,
-- what has happened in these streams after these versions, and who holds these claims. Each answer is a JSON document
-- (null: nothing) whose entries begin with a place in the list that was asked.
CREATE FUNCTION log.read(
    commands uuid[], streams uuid[], versions int[], claims bytea[],
    OUT answered text, OUT happened text, OUT holders text
)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    SELECT json_agg(json_build_array(c.i, encode(a.body_digest, 'hex'), a.position, convert_from(a.answer, 'UTF8')))
      INTO answered
      FROM unnest(commands) WITH ORDINALITY AS c (command_id, i)
      LEFT JOIN LATERAL (SELECT * FROM log.answers w WHERE w.command_id = c.command_id LIMIT 1) AS a ON true
     WHERE a.command_id IS NOT NULL
        OR (SELECT true FROM log.events e WHERE e.command_id = c.command_id LIMIT 1);

    SELECT '[' || string_agg('[' || w.i || ',[' || h.events || ']]', ',') || ']'
      INTO happened
      FROM unnest(streams, versions) WITH ORDINALITY AS w (stream, version, i)
      CROSS JOIN LATERAL (
        SELECT string_agg('["' || e.type || '",' || e.schema_version || ',' || convert_from(e.data, 'UTF8') || ']', ','
                          ORDER BY e.version) AS events
          FROM log.events e WHERE e.stream = w.stream AND e.version > w.version) AS h;

    IF cardinality(claims) > 0 THEN
        SELECT json_agg(json_build_array(c.i, l.version, l.holder, l.held)) INTO holders
          FROM unnest(claims) WITH ORDINALITY AS c (claim, i)
          CROSS JOIN LATERAL (SELECT version, holder, held FROM log.claims WHERE claim = c.claim
                               ORDER BY version DESC LIMIT 1) AS l;
    END IF;
END
$$;

-- What the decisions of many commands consist of. Those of one group (grp) are stored together or not at all.
CREATE TYPE log.stream_read AS (grp int, stream uuid, version int);
CREATE TYPE log.claim_read AS (grp int, claim bytea, version int);
CREATE TYPE log.key_used AS (grp int, key_id uuid);
CREATE TYPE log.new_event AS (
    grp int, stream uuid, version int, type text, schema_version smallint, command_id uuid,
    envelope_at int, envelope_length int, data_at int, data_length int
);
CREATE TYPE log.new_claim AS (grp int, claim bytea, version int, holder uuid, held boolean, command_id uuid);
CREATE TYPE log.new_answer AS (
    grp int, command_id uuid, body_digest bytea, last_event int, answer_at int, answer_length int
);

-- Appends the decisions of many commands in one statement. A group is appended whole or not at all; a group that
-- collides (something that it read has moved) is named in `collided` and never disturbs the others.
-- `payload` carries the bytes of envelopes, data and answers, cut out by offset and length.
CREATE FUNCTION log.append(
    clock   timestamptz,
    day     date,
    streams log.stream_read[],
    claims  log.claim_read[],
    keys    log.key_used[],
    events  log.new_event[],
    taken   log.new_claim[],
    answers log.new_answer[],
    payload bytea,
    OUT first bigint, OUT at timestamptz, OUT collided int[], OUT day_moved boolean
)
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    last_position bigint;
    last_at timestamptz;
    place int[];
BEGIN
    PERFORM log.lock();
    -- A statement of its own: it must see what was committed while we waited for the lock.
    SELECT e.position, e.recorded_at INTO last_position, last_at
      FROM log.events e ORDER BY e.position DESC LIMIT 1;
    last_position := coalesce(last_position, 0);
    first := last_position + 1;
    at := greatest(clock, last_at);
    day_moved := coalesce((at AT TIME ZONE 'Pacific/Auckland')::date <> day, false);
    IF day_moved THEN
        RETURN;
    END IF;

    -- Scalar subqueries throughout: the planner may answer an EXISTS by hashing the whole table.
    SELECT coalesce(array_agg(c.grp), '{}') INTO collided FROM (
        SELECT r.grp FROM unnest(streams) AS r
         WHERE greatest(r.version, 0) <> coalesce(
               (SELECT e.version FROM log.events e WHERE e.stream = r.stream ORDER BY e.version DESC LIMIT 1), 0)
        UNION ALL
        SELECT a.grp FROM unnest(answers) AS a
         WHERE (SELECT true FROM log.answers w WHERE w.command_id = a.command_id)
            OR (SELECT true FROM log.events e WHERE e.command_id = a.command_id LIMIT 1)
    ) AS c;
    IF cardinality(keys) > 0 THEN
        collided := collided || ARRAY(
            SELECT u.grp FROM unnest(keys) AS u
             WHERE (SELECT true FROM keys.subject_keys k WHERE k.key_id = u.key_id) IS NULL);
    END IF;
    IF cardinality(claims) > 0 OR cardinality(taken) > 0 THEN
        collided := collided || ARRAY(
            SELECT r.grp FROM unnest(claims) AS r
             WHERE r.version <> coalesce(
                   (SELECT c.version FROM log.claims c WHERE c.claim = r.claim ORDER BY c.version DESC LIMIT 1), 0)
            UNION ALL
            SELECT t.grp FROM unnest(taken) AS t
             WHERE t.held = coalesce(
                   (SELECT c.held FROM log.claims c WHERE c.claim = t.claim ORDER BY c.version DESC LIMIT 1), false));
    END IF;

    -- Where each event comes to stand, counting only the groups that are stored.
    IF cardinality(collided) > 0 THEN
        SELECT array_agg(n.stored ORDER BY n.i) INTO place FROM (
            SELECT e.ordinality AS i, count(*) FILTER (WHERE e.grp <> ALL (collided)) OVER (ORDER BY e.ordinality)::int AS stored
              FROM unnest(events) WITH ORDINALITY AS e) AS n;
    END IF;

    INSERT INTO log.events
    SELECT last_position + coalesce(place[e.ordinality], e.ordinality), e.stream, e.version, e.type, e.schema_version, at,
           coalesce(day, (at AT TIME ZONE 'Pacific/Auckland')::date), e.command_id,
           substring(payload FROM e.envelope_at + 1 FOR e.envelope_length),
           substring(payload FROM e.data_at + 1 FOR e.data_length)
      FROM unnest(events) WITH ORDINALITY AS e
     WHERE e.grp <> ALL (collided)
     ORDER BY e.ordinality;

    IF cardinality(taken) > 0 THEN
        INSERT INTO log.claims
        SELECT t.claim, t.version + 1, t.holder, t.held, t.command_id, at
          FROM unnest(taken) AS t
         WHERE t.grp <> ALL (collided);
    END IF;

    INSERT INTO log.answers
    SELECT a.command_id, a.body_digest, last_position + coalesce(place[a.last_event], a.last_event),
           substring(payload FROM a.answer_at + 1 FOR a.answer_length), at
      FROM unnest(answers) AS a
     WHERE a.grp <> ALL (collided);

    IF cardinality(events) > 0 THEN
        PERFORM pg_notify('log', '');
    END IF;
END
$$;

-- The names that the recorders of the eventsourcing library ask by.
CREATE VIEW log.notifications AS
SELECT stream AS originator_id, version::bigint AS originator_version, type AS topic, data AS state, position AS notification_id
  FROM log.events;

GRANT USAGE ON SCHEMA log TO as_cms_service, as_cms_followers, as_cms_erasure, as_cms_expiry;
GRANT SELECT, INSERT ON log.events, log.claims, log.answers TO as_cms_service;
GRANT SELECT ON log.notifications TO as_cms_service, as_cms_followers;
GRANT SELECT ON log.events TO as_cms_followers;
GRANT SELECT, DELETE ON log.claims TO as_cms_erasure;
GRANT SELECT (command_id, recorded_at), DELETE ON log.answers TO as_cms_expiry;
REVOKE EXECUTE ON FUNCTION log.append FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION log.read FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION log.lock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append, log.read TO as_cms_service;
GRANT EXECUTE ON FUNCTION log.lock TO as_cms_service, as_cms_erasure;
