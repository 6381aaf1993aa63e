"""A conversation that shows the whole system at work, in a terminal."""
