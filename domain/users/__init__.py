"""Users: the people (and system users) who may do something, and what was granted to them."""
