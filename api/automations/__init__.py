"""Automations: what follows from time and from what other streams say, without anybody asking for it."""
