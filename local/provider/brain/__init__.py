"""The stand-in's model: small, deterministic, and blind to everything but the prompt it is given."""
