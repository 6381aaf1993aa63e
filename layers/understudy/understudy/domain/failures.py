"""The parts of an unexpected error that may be logged: its class and location, not its text."""

import traceback


def places(error: BaseException) -> list[str]:
    """Returns the frames of the error's traceback as file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
