"""The functions in real Lambda containers, run by `sam local` against the embedded AWS."""
