"""What can be asked, what can happen, and the rules. Pure: standard library only."""
