"""The route functions, one module for each kind of object."""
