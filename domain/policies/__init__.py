"""Policies: the numbers of the rules and the criteria, versioned and in force by date."""
