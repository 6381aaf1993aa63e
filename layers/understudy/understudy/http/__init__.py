"""The entry point of the functions behind the HTTP API: keys, bodies, routes, errors, headers."""
