"""Requests for support: a school's drafts, and what becomes of them when they are submitted."""
