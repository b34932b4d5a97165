"""Kafka: case facts go out, each once for readers of committed records. The only package that knows the client."""
