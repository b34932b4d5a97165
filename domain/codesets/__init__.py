"""Code sets: the lists that forms offer, versioned, each code valid for a time."""
