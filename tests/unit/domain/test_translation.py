"""Translation of the provider's responses to run steps and messages."""

from typing import Any

from understudy.domain.ids import new_id
from understudy.domain.message_content import message_content
from understudy.domain.responses import ResponseResult
from understudy.domain.tools import RunsOn
from understudy.domain.translation import message_span, translate
from understudy.http.objects.run_steps import run_step_object

from tests.fakes.provider import called, said
from tests.unit.domain.test_model_input import run


def answered(*items: dict[str, Any], **fields: Any) -> ResponseResult:
    known = {"id": "resp_1", "status": "completed", "model": "m", "output": list(items)}
    return ResponseResult.model_validate(known | fields)


def test_message_becomes_a_message_creation_step() -> None:
    """Ids are derived: translating twice gives the same."""
    first = translate(run(), said("Hello"), now=5)

    assert translate(run(), said("Hello"), now=9).steps[0].message_id == first.steps[0].message_id
    [step] = first.steps
    assert (step.type, first.calls) == ("message_creation", [])
    assert step.message is not None
    assert step.message.content[0]["text"]["value"] == "Hello"
    assert step.usage is not None


def test_steps_sort_in_the_models_order() -> None:
    """A list of steps, newest first, has the message before the tool calls."""
    code = {"type": "code_interpreter_call", "id": "ci_1", "code": "1+1", "outputs": []}
    text = {"type": "message", "content": [{"type": "output_text", "text": "2"}]}

    steps = translate(run(), answered(code, text), now=5).steps

    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    assert steps[0].id < steps[1].id
    shown = run_step_object(steps[0], [])
    assert shown["step_details"]["tool_calls"][0]["code_interpreter"]["input"] == "1+1"
    assert shown["status"] == "completed"


def test_calls_of_one_round_share_a_step() -> None:
    """As in OpenAI's Assistants API; each call has the side that executes it."""
    names = ("query_database", "get_weather")
    asked = run(tools=[{"type": "function", "function": {"name": name}} for name in names])
    config = asked.config.model_copy(update={"server_tools": ["query_database"]})
    mine = asked.model_copy(update={"config": config})
    result = called(("c1", "query_database", "{}"), ("c2", "get_weather", "{}"))

    turn = translate(mine, result, now=5)

    assert [call.runs_on for call in turn.calls] == [RunsOn.SERVER, RunsOn.CLIENT]
    assert turn.steps[-1].call_ids == ["c1", "c2"]
    assert turn.needs_client


def test_calls_of_a_truncated_response_are_dropped() -> None:
    """Their arguments may be incomplete."""
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a'}
    result = answered(call, status="incomplete", incomplete_reason="max_output_tokens")

    turn = translate(run(), result, now=5)

    assert turn.calls == []
    assert turn.steps[-1].message is not None
    assert turn.steps[-1].message.incomplete_reason == "max_tokens"


def test_empty_response_becomes_an_empty_message() -> None:
    """Clients expect a message after a completed run."""
    [step] = translate(run(), answered({"type": "reasoning"}), now=5).steps

    assert step.type == "message_creation"


def test_generated_files_are_shown_as_images_or_file_paths() -> None:
    """Images are parts before the text, other files `file_path` annotations, with our file ids."""
    text = "See sandbox:/mnt/data/a.csv"
    cited = {"type": "container_file_citation", "container_id": "cntr_1"}
    annotations = [
        cited | {"file_id": "cfile_1", "filename": "a.png", "start_index": 0, "end_index": 0},
        cited | {"file_id": "cfile_2", "filename": "a.csv", "start_index": 4, "end_index": 27},
        {"type": "file_citation", "file_id": "file-9", "index": 3, "filename": "b.txt"},
    ]
    part = {"type": "output_text", "text": text, "annotations": annotations}

    content, files = message_content([part], order=0)

    assert [each["type"] for each in content] == ["image_file", "text"]
    assert content[0]["image_file"]["file_id"] == files[0].file_id
    shown = content[1]["text"]["annotations"]
    path = next(each for each in shown if each["type"] == "file_path" and each["text"])
    assert path["text"] == "sandbox:/mnt/data/a.csv"
    assert path["file_path"]["file_id"] == files[1].file_id
    citation = next(each for each in shown if each["type"] == "file_citation")
    assert citation["file_citation"]["file_id"] == "file-9"
    assert not {"cfile_1", "cfile_2"} & {file.file_id for file in files}


def test_refusal_becomes_a_refusal_part() -> None:
    """OpenAI's Assistants API had this part too."""
    content, _ = message_content([{"type": "refusal", "refusal": "No."}], order=0)

    assert content == [{"type": "refusal", "refusal": "No."}]


def test_message_span_has_the_messages_of_the_run() -> None:
    """And no earlier or later ones."""
    mine = run(round=1).model_copy(update={"message_base": 7})
    first, last = message_span(mine)
    own = translate(mine, said("Hello"), now=5).steps[0].message_id
    assert own is not None
    assert first < own < last
    assert new_id("msg", order=7) < first
    assert new_id("msg", order=7 + 2000 + 1) > last


def test_file_search_step_shows_the_ranking_of_its_run() -> None:
    """As OpenAI's API did; options that were not given have its defaults."""
    searched = {"type": "file_search_call", "id": "fs_1", "results": []}
    given = {"max_num_results": 2, "ranking_options": {"score_threshold": 0.5}}
    tools = [{"type": "file_search", "file_search": given}]

    for mine, threshold in ((run(tools=tools), 0.5), (run(), 0.0)):
        [step] = [
            each for each in translate(mine, answered(searched), now=5).steps if each.hosted_calls
        ]
        [call] = run_step_object(step, [])["step_details"]["tool_calls"]
        assert call["file_search"]["ranking_options"] == {
            "ranker": "default_2024_08_21",
            "score_threshold": threshold,
            "hybrid_search": None,
        }
