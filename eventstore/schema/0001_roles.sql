-- Roles that own nothing. A login of each is made by whoever runs the database (docs/running.md); they hold no password here.
DO $$
DECLARE name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('as-cms roles'));
    FOREACH name IN ARRAY ARRAY['as_cms_service', 'as_cms_followers', 'as_cms_keys', 'as_cms_erasure', 'as_cms_expiry'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END
$$;
