"""What may be logged of an error that nobody foresaw: its class and place, and no text."""

import traceback


def places(error: BaseException) -> list[str]:
    """Where the error came from, as file, line and function; its text may quote contents."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
