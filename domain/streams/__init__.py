"""Streams as such, whatever they tell of: which kind of thing the log keeps at an id."""
