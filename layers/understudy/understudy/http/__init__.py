"""The code that the functions of the HTTP API share: keys, bodies, errors and headers."""
