"""The embedded AWS: moto as a server, the template deployed on it, Lambda in worker processes."""
