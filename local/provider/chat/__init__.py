"""Chat completions, answered by the same model."""
