"""The table: one item per object, keys in `keys.py`, everything else by kind of object."""
