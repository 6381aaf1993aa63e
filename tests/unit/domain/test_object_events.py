"""Events on new objects, from S3 and from EventBridge."""

from understudy.domain.object_events import new_objects


def test_keys_of_notifications_are_decoded_and_those_of_the_bus_are_not() -> None:
    """Both name the same key, which contains a plus and a percent sign."""
    described = {"key": "drop/t/u/p/100%25+%2B.csv", "size": 1, "sequencer": "00"}
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-20T10:00:00.000Z",
        "s3": {"bucket": {"name": "b"}, "object": described},
    }
    on_bus = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": "2026-11-20T10:00:00Z",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "drop/t/u/p/100% +.csv"}},
    }

    [[notified], none] = new_objects({"Records": [record]})
    [[told], _] = new_objects(on_bus)

    assert notified.key == told.key == "drop/t/u/p/100% +.csv"
    assert none == []


def test_unreadable_records_are_returned_as_errors() -> None:
    """Bad encoding and missing keys are errors; other kinds of events are ignored."""
    broken = {"eventName": "ObjectCreated:Put", "s3": {"object": {}}}
    encoded = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-20T10:00:00.000Z",
        "s3": {"bucket": {"name": "b"}, "object": {"key": "drop/%FF"}},
    }
    removed = {"eventName": "ObjectRemoved:Delete"}

    found, errors = new_objects({"Records": [broken, encoded, removed]})

    assert found == []
    assert len(errors) == 2
    assert new_objects({"Event": "s3:TestEvent"}) == ([], [])
