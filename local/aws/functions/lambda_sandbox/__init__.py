"""The code that runs inside worker processes; it imports nothing else of this repository."""
