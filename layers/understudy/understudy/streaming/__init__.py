"""A run as a stream of events: a view of what is stored and of what the provider sends now."""
