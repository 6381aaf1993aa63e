"""The control side: what tests and demos use to drive the stand-in. Not part of OpenAI's API."""
