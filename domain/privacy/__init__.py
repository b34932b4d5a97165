"""Privacy: whose data is destroyed by what authority, and whose must be kept."""
