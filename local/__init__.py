"""The whole system on one machine: local AWS, a fake provider, and the commands that start them."""

import atexit
import gc

# The imported libraries are a million objects. Python would search them for garbage a dozen times
# during the imports and three times at exit, which is a tenth of the demo's time.
gc.set_threshold(50_000, 20, 50)
atexit.register(gc.freeze)
