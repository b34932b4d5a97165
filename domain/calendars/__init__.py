"""Calendars: which days count for whom, and how they are counted (BR-1 to BR-7, BR-49)."""
