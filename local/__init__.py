"""The whole system on one machine: stand-ins for AWS and for OpenAI, and what drives them."""

import atexit
import gc

# The libraries behind the stand-ins are a million objects. Python would look through all of them
# for garbage a dozen times while they are imported, and three times more at its end: a tenth of
# the demo's time.
gc.set_threshold(50_000, 20, 50)
atexit.register(gc.freeze)
