"""Calls every operation of a part with the openai SDK of this environment.

`python -m tests.sdk BASE_URL KEY PART` prints a JSON object: for each operation `ok` or what was
wrong. It runs in an environment of its own for each SDK, so nothing here imports Understudy.
"""

import json
import sys
import warnings

from tests.sdk.conversations import Conversations
from tests.sdk.files import Files

PARTS = {"conversations": Conversations, "files": Files}

warnings.simplefilter("ignore", DeprecationWarning)
base_url, key, part = sys.argv[1:]
exercise = PARTS[part](base_url, key)
try:
    exercise.run()
finally:
    sys.stdout.write(json.dumps(exercise.report))
