-- The read side: where every read model stands, and what could not be folded (ADR 0005).
-- Tables of rows are made by the owner, one for each generation of a model (projections/generations.py); followers and
-- rebuilding workers only fill them, and own nothing. Readers see a model through a view of its name.
CREATE SCHEMA projection;
CREATE SCHEMA service;
CREATE SCHEMA analytics;

CREATE TABLE projection.positions (
    model      text    NOT NULL,
    generation integer NOT NULL,
    state      text    NOT NULL CHECK (state IN ('building', 'live', 'retired')),
    position   bigint  NOT NULL,
    shape      text    NOT NULL,
    code       text    NOT NULL,
    PRIMARY KEY (model, generation)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX one_live_generation ON projection.positions (model) WHERE state = 'live';
CREATE UNIQUE INDEX one_building_generation ON projection.positions (model) WHERE state = 'building';
COMMENT ON TABLE projection.positions IS 'How far each generation of a read model has come in the log; readers see the live one.';
COMMENT ON COLUMN projection.positions.position IS 'The last position folded; while its shards are filled, the one they are filled up to.';
COMMENT ON COLUMN projection.positions.shape IS 'A digest of what the table is made of; followers of another shape halt.';
COMMENT ON COLUMN projection.positions.code IS 'A digest of what filled it; half a rebuild is only continued by the same code.';

CREATE TABLE projection.shards (
    model      text    NOT NULL,
    generation integer NOT NULL,
    shard      integer NOT NULL,
    first      uuid    NOT NULL,
    last       uuid    NOT NULL,
    done       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (model, generation, shard),
    FOREIGN KEY (model, generation) REFERENCES projection.positions (model, generation) ON DELETE CASCADE
);
COMMENT ON TABLE projection.shards IS 'The parts of a rebuild, each a range of streams; it is done when its rows are in, in one transaction.';

CREATE TABLE projection.parked (
    model      text        NOT NULL,
    generation integer     NOT NULL,
    stream     uuid        NOT NULL,
    position   bigint      NOT NULL,
    error      text        NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, generation, stream),
    FOREIGN KEY (model, generation) REFERENCES projection.positions (model, generation) ON DELETE CASCADE
);
COMMENT ON TABLE projection.parked IS 'Streams of which a model could not fold an event: their rows stand as before it until they are driven again.';
COMMENT ON COLUMN projection.parked.error IS 'The class of the error and where it was raised; never a value.';

CREATE VIEW projection.parked_now AS
SELECT p.model, p.stream, p.position, p.error, p.parked_at
  FROM projection.parked p JOIN projection.positions g USING (model, generation)
 WHERE g.state = 'live';
COMMENT ON VIEW projection.parked_now IS 'What is parked in the generations that readers see.';

GRANT USAGE ON SCHEMA projection, service, analytics TO as_cms_followers, as_cms_service;
GRANT SELECT ON projection.positions, projection.shards, projection.parked, projection.parked_now TO as_cms_followers;
GRANT UPDATE (position) ON projection.positions TO as_cms_followers;
GRANT UPDATE (done) ON projection.shards TO as_cms_followers;
GRANT INSERT, DELETE ON projection.parked TO as_cms_followers;
GRANT SELECT ON projection.positions, projection.parked_now TO as_cms_service;
