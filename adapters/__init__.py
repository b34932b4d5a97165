"""Adapters: one module per other system. What the house knows of the world outside is known here."""
