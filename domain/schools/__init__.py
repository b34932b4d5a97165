"""Schools: their details, their catchment and their own funded provision, each by date."""
