"""A simulated term: made-up people at sample schools, whose casework is played through the HTTP API."""
