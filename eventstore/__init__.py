"""How events are kept: log, codec, sealing of personal data, upcasters, claims."""
