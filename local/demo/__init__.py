"""A conversation in the terminal that shows the whole system."""
