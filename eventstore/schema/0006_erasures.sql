-- Erasures are applied wherever somebody reads (ADR 0018): who is destroyed is no secret, and rows say that they were blanked.
GRANT USAGE ON SCHEMA keys TO as_cms_followers;
GRANT SELECT ON keys.destroyed TO as_cms_service, as_cms_followers;

CREATE TABLE projection.blanked (
    model      text        NOT NULL,
    subject    uuid        NOT NULL,
    data_class text        NOT NULL,
    blanked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, subject, data_class)
);
COMMENT ON TABLE projection.blanked IS 'Out of which models the values of destroyed keys were taken; a destroyed key without a row here is taken out yet.';
COMMENT ON COLUMN projection.blanked.blanked_at IS 'When every version of every row of the model had been made anew without them.';
GRANT SELECT, INSERT ON projection.blanked TO as_cms_followers;
