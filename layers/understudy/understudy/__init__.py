"""The code that Understudy's functions share: the domain, the adapters, and shared operations."""
