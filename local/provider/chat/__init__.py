"""Chat completions: the older API in front of the same model."""
