"""The frame of the functions behind the HTTP API: keys, bodies, errors, headers."""
