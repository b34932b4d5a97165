"""The commands of the program `attendance`, one module for each group of them."""
