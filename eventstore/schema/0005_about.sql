-- Whom a key is about is fixed when it is made (ADR 0015): nobody is added to a note's people later, by whatever login.
CREATE FUNCTION keys.refuse_another() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Within one transaction now() stands still: a key of an earlier one has another instant.
    PERFORM FROM keys.subject_keys k
      WHERE k.subject = NEW.subject AND k.data_class = NEW.data_class AND k.created_at = now();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'whom a key is about is fixed when it is made' USING ERRCODE = 'AS002';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER people_of_a_key_are_fixed BEFORE INSERT OR UPDATE ON keys.about
    FOR EACH ROW EXECUTE FUNCTION keys.refuse_another();
