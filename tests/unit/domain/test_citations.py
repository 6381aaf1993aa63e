"""Markers of file citations in texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.citations import MARKER, with_markers
from understudy.domain.message_content import message_content


def cited(index: int, file_id: str = "file-1") -> dict[str, Any]:
    return {"type": "file_citation", "index": index, "file_id": file_id}


@pytest.mark.parametrize(
    ("text", "annotations", "expected"),
    [
        ("In March.", [cited(8)], "In March【1:0†source】."),
        ("Hi", [cited(99)], "Hi【1:0†source】"),
        ("", [cited(0)], "【1:0†source】"),
        (
            "One. Two.",
            [cited(9, "file-2"), cited(4), cited(4, "file-2")],
            "One.【1:1†source】【1:0†source】 Two.【1:0†source】",
        ),
        ("It nests【4:0†a.md】.", [cited(8)], "It nests【4:0†a.md】."),
        ("It nests【4:0†a.md】.", [cited(17)], "It nests【4:0†a.md】."),
    ],
)
def test_citation_has_a_marker_in_the_text(
    text: str, annotations: list[dict[str, Any]], expected: str
) -> None:
    """One that the provider wrote is used; equal files have equal numbers."""
    marked, spans = with_markers(text, annotations, number=1)

    assert marked == expected
    assert all(MARKER.fullmatch(marked[start:end]) for start, end in spans)


def test_links_to_generated_files_stay_whole() -> None:
    """Their places move with the markers before them, and no marker is put inside."""
    path = {"type": "container_file_citation", "start_index": 4, "end_index": 9}

    marked, spans = with_markers("See [abc] now", [cited(0), path, cited(6)], number=2)

    assert marked == "【2:0†source】See [abc]【2:0†source】 now"
    assert [marked[start:end] for start, end in spans] == [
        "【2:0†source】",
        "[abc]",
        "【2:0†source】",
    ]


@given(st.text(max_size=30), st.lists(st.integers(-5, 40), max_size=6))
def test_text_is_kept_and_every_annotation_has_its_span(text: str, indexes: list[int]) -> None:
    """Whatever the provider sends."""
    marked, spans = with_markers(text, [cited(index) for index in indexes], number=0)

    assert len(spans) == len(indexes)
    assert all(MARKER.fullmatch(marked[start:end]) for start, end in spans)
    assert marked.replace("【0:0†source】", "") == text.replace("【0:0†source】", "")


def test_annotation_of_a_message_has_the_marker_as_its_text() -> None:
    """As OpenAI's Assistants API showed it."""
    part = {"type": "output_text", "text": "In March.", "annotations": [cited(8)]}

    [shown], _ = message_content([part], number=1)

    assert shown["text"]["value"] == "In March【1:0†source】."
    assert shown["text"]["annotations"] == [
        {
            "type": "file_citation",
            "text": "【1:0†source】",
            "start_index": 8,
            "end_index": 20,
            "file_citation": {"file_id": "file-1"},
        }
    ]
