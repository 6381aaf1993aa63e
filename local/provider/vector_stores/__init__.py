"""Vector stores: their objects, indexing, search and HTTP operations."""
