"""Case facts: what the service tells other systems about cases. Pure; the way out itself is `adapters/kafka`."""
