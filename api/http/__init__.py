"""What every route shares: bodies, problems, identity, repeats, versions, and what is noted of a request."""
