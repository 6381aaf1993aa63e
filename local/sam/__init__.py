"""Runs the functions in real Lambda containers, with `sam local`, against local AWS."""
