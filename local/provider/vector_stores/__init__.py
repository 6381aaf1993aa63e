"""Vector stores: files cut into passages, found again by their words."""
