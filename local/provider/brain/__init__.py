"""The stand-in's model: small, deterministic, blind to all but the prompt it is given."""
