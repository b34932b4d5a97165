"""How things stand: read models folded from events, and the questions asked of them."""
