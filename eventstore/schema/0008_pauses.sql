-- Which cases were ever paused, and since which version: their facts wait for the end of a week (ADR 20).
CREATE INDEX events_that_pause ON log.events (stream, version) WHERE type = 'CasePaused';
