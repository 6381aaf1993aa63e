"""The time format of Lambda's and S3's events."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Returns a moment in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
