-- Logins execute functions: what they may write to the log, to answers and to checks is what a function of the owner
-- does for them, and nothing else (ADR 0021). Every such function names all that it touches, and looks nothing up.

-- Whoever rotates the key-encryption key: the services' keeper of keys makes keys and changes none.
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('as-cms roles'));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'as_cms_rotation') THEN
        CREATE ROLE as_cms_rotation NOLOGIN;
    END IF;
END
$$;

ALTER FUNCTION log.append SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.read SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.lock SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.refuse_change SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION keys.lock SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION keys.refuse_destroyed SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

REVOKE INSERT ON log.events, log.claims, log.answers FROM as_cms_service;
REVOKE SELECT ON log.answers FROM as_cms_service;
GRANT SELECT (command_id, position, recorded_at) ON log.answers TO as_cms_service;
REVOKE ALL ON log.answers FROM as_cms_expiry;

-- Answers whose time is over. Nobody can have younger ones removed: 30 days are counted from now, or from the last
-- event where a clock of its own is ahead.
CREATE FUNCTION log.expire_answers(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    last_at timestamptz;
    removed integer;
BEGIN
    SELECT e.recorded_at INTO last_at FROM log.events e ORDER BY e.position DESC LIMIT 1;
    DELETE FROM log.answers a WHERE a.command_id IN (
        SELECT w.command_id FROM log.answers w
         WHERE w.recorded_at < least(before, greatest(now(), last_at) - interval '30 days')
         ORDER BY w.recorded_at LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

-- One of several copies of a follower: the turn is its session's until that ends. The only lock that followers can take.
CREATE FUNCTION log.take_turn(work text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_try_advisory_lock(4244, hashtext(work))
$$;

-- Check values of key-encryption keys that wrap nothing any more, once all is wrapped by the present one.
CREATE FUNCTION keys.retire_checks(present text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed integer;
BEGIN
    DELETE FROM keys.secret_checks c
     WHERE starts_with(c.name, 'kek/') AND c.name <> present
       AND EXISTS (SELECT FROM keys.secret_checks p WHERE p.name = present)
       AND NOT EXISTS (SELECT FROM keys.subject_keys k WHERE k.kek = c.name);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
EXCEPTION WHEN foreign_key_violation THEN
    RETURN 0;  -- a key was made with one of them while we looked
END
$$;

-- No function of ours is everybody's: PostgreSQL gives each to PUBLIC when it is made.
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT oid FROM pg_proc WHERE pronamespace IN ('log'::regnamespace, 'keys'::regnamespace) LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION log.expire_answers TO as_cms_expiry;
GRANT EXECUTE ON FUNCTION log.take_turn TO as_cms_followers;
GRANT USAGE ON SCHEMA keys TO as_cms_rotation;
GRANT SELECT ON keys.subject_keys TO as_cms_rotation;
GRANT UPDATE (wrapped, kek) ON keys.subject_keys TO as_cms_rotation;
GRANT SELECT, INSERT ON keys.secret_checks TO as_cms_rotation;
GRANT EXECUTE ON FUNCTION keys.retire_checks TO as_cms_rotation;

-- Nobody comes in, makes temporary tables, or finds a schema to put things into, unless it is said here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO '
        'as_cms_service, as_cms_followers, as_cms_keys, as_cms_erasure, as_cms_expiry, as_cms_rotation', current_database());
END
$$;
