-- What only a superuser can take away, run once in the database that is to be attendance's, before or after
-- `attendance migrate`. Functions that PostgreSQL gives to everybody are left to the owner of the database:
-- advisory locks (whoever takes the log's stops every command), large objects and messages in the WAL (places where
-- personal data would outlive its key). And the server's own log tells nothing of what a statement was about: an error
-- quotes values in its message, its detail or its context, and so does a slow statement's. Run again after an upgrade to another major version of PostgreSQL.
DO $$
DECLARE
    each regprocedure;
    owner text := (SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database());
BEGIN
    FOR each IN
        SELECT p.oid FROM pg_proc p
         WHERE p.pronamespace = 'pg_catalog'::regnamespace
           AND p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$|pg_logical_emit_message$)'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', each, owner);
    END LOOP;
    EXECUTE format('ALTER DATABASE %I SET log_min_messages = log', current_database());
    EXECUTE format('ALTER DATABASE %I SET log_min_error_statement = panic', current_database());
    EXECUTE format('ALTER DATABASE %I SET log_error_verbosity = terse', current_database());
END
$$;
