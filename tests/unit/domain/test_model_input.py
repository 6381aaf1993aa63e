"""What the model is given."""

from typing import Any

from understudy.domain.messages import Message, text_content
from understudy.domain.model_input import first_request, follow_up_request
from understudy.domain.new_runs import NewRun
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.token_limits import (
    completion_room,
    exceeds_prompt_limit,
    newest_within,
    spent_limit,
)
from understudy.domain.tools import RunsOn, ToolCall, ToolResources
from understudy.http.validation import parse

from tests.fakes.provider import usage

SEARCH = {"type": "file_search"}
CODE = {"type": "code_interpreter"}
WEATHER = {"type": "function", "function": {"name": "get_weather"}}


def message(text: str, role: str = "user", *more: dict[str, Any]) -> Message:
    content = [text_content(text), *more]
    known = {"id": "msg_1", "tenant": "t", "thread_id": "thread_1", "created_at": 0}
    return Message.model_validate(known | {"role": role, "content": content})


def config(**fields: Any) -> RunConfig:
    """What a body with these fields asks for."""
    body = parse(NewRun, {"assistant_id": "a", "tools": []} | fields)
    names = set(RunConfig.model_fields) & body.model_fields_set
    given = {name: getattr(body, name) for name in names if getattr(body, name) is not None}
    return RunConfig.model_validate({"model": "gpt-6-luna", "instructions": ""} | given)


def run(**fields: Any) -> Run:
    state = {name: fields.pop(name) for name in ("usage", "round", "response_id") if name in fields}
    return Run(
        id="run_1",
        tenant="t",
        thread_id="thread_1",
        assistant_id="asst_1",
        status=RunStatus.QUEUED,
        created_at=0,
        deadline=600,
        config=config(**fields),
        **state,
    )


def thread(**fields: Any) -> Thread:
    known = {"id": "thread_1", "tenant": "t", "created_at": 0, "last_activity": 0}
    return Thread.model_validate(known | {"ttl_seconds": 1, "expires_at": 1} | fields)


def request(**fields: Any) -> Any:
    """The first request of a run with these fields, without an alias."""
    held = fields.pop("thread", None) or thread()
    return first_request(run(**fields), held, [message("Hello")], {})


def call(output: str = "rain") -> ToolCall:
    return ToolCall(
        call_id="call_1",
        tenant="t",
        thread_id="thread_1",
        run_id="run_1",
        step_id="step_1",
        round=0,
        position=0,
        name="get_weather",
        arguments="{}",
        runs_on=RunsOn.CLIENT,
        output=output,
    )


def test_images_of_a_user_are_input_images() -> None:
    """By file id or URL, with their detail."""
    file = {"type": "image_file", "image_file": {"file_id": "file-1", "detail": "low"}}
    url = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}

    asked = first_request(run(), thread(), [message("Look", "user", file, url)], {})

    [item] = asked.input
    assert item["content"] == [
        {"type": "input_text", "text": "Look"},
        {"type": "input_image", "file_id": "file-1", "detail": "low"},
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
    ]


def test_an_image_of_the_assistant_is_not_sent_back() -> None:
    """The provider takes no images from that side; a message of images alone is left out."""
    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}

    asked = first_request(run(), thread(), [message("", "assistant", image), message("Hi")], {})

    assert [item["role"] for item in asked.input] == ["user"]


def test_function_tools_are_flat() -> None:
    """The old form nested them."""
    [tool] = request(tools=[WEATHER]).tools

    assert (tool["type"], tool["name"], tool["strict"]) == ("function", "get_weather", False)
    assert tool["parameters"] == {"type": "object", "properties": {}}


def test_tools_get_the_files_of_assistant_and_thread() -> None:
    """Each file and store once."""
    resources = {
        "code_interpreter": {"file_ids": ["file-1", "file-2"]},
        "file_search": {"vector_store_ids": ["vs_1"]},
    }
    held = thread(tool_resources=ToolResources.model_validate(resources))
    ranked = SEARCH | {
        "file_search": {
            "max_num_results": 5,
            "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.5},
        }
    }

    code, search = request(tools=[CODE, ranked], thread=held).tools

    assert code["container"] == {"type": "auto", "file_ids": ["file-1", "file-2"]}
    assert search == {
        "type": "file_search",
        "vector_store_ids": ["vs_1"],
        "max_num_results": 5,
        "ranking_options": {"score_threshold": 0.5},
    }


def test_a_tool_with_nothing_to_search_is_left_out_and_not_forced() -> None:
    """The provider would refuse both."""
    asked = request(tools=[SEARCH, WEATHER], tool_choice={"type": "file_search"})

    assert [tool["type"] for tool in asked.tools] == ["function"]
    assert asked.options["tool_choice"] == "auto"


def test_a_call_is_forced_in_the_first_turn_only() -> None:
    """With the outputs in hand the model may answer."""
    choice = {"type": "function", "function": {"name": "get_weather"}}
    first = request(tools=[WEATHER], tool_choice=choice)
    later = run(tools=[WEATHER], tool_choice=choice, round=1, response_id="resp_1")

    second = follow_up_request(later, thread(), [call()], {})

    assert first.options["tool_choice"] == {"type": "function", "name": "get_weather"}
    assert second.options["tool_choice"] == "auto"
    assert second.previous_response_id == "resp_1"
    assert second.input == [{"type": "function_call_output", "call_id": "call_1", "output": "rain"}]


def test_response_formats_are_text_formats() -> None:
    """`auto` says nothing; a schema is flat."""
    schema = {"name": "a", "schema": {"type": "object"}, "strict": True}

    assert "text" not in request(response_format="auto").options
    plain = request(response_format={"type": "json_object"}).options
    assert plain["text"] == {"format": {"type": "json_object"}}
    strict = request(response_format={"type": "json_schema", "json_schema": schema}).options
    assert strict["text"] == {"format": {"type": "json_schema"} | schema}


def test_no_more_messages_are_read_than_are_needed() -> None:
    """A thread of a hundred thousand messages is not read whole."""
    read = []

    def newest_first() -> Any:
        for number in range(100_000):
            read.append(number)
            yield message(str(number))

    strategy = {"type": "last_messages", "last_messages": 3}
    kept = newest_within(newest_first(), config(truncation_strategy=strategy))

    assert [each.plain_text() for each in kept] == ["2", "1", "0"]
    assert len(read) == 3


def test_the_prompt_limit_leaves_the_newest_messages() -> None:
    """Oldest go first; the very newest stays."""
    long, short = message("x" * 4000), message("short")
    limited = config(max_prompt_tokens=300)

    assert newest_within(iter([short, long]), limited) == [short]
    assert newest_within(iter([long, short]), limited) == [long]
    assert exceeds_prompt_limit([long], limited)
    assert not exceeds_prompt_limit([short], limited)
    assert not exceeds_prompt_limit([long], config())


def test_instructions_and_tools_count_against_the_prompt_limit() -> None:
    """They are sent with every turn."""
    tool = {"type": "function", "function": {"name": "f", "description": "x" * 2000}}

    assert exceeds_prompt_limit([message("short")], config(tools=[tool], max_prompt_tokens=300))
    assert exceeds_prompt_limit(
        [message("short")], config(instructions="x" * 2000, max_prompt_tokens=300)
    )


def test_limits_hold_for_all_turns_together() -> None:
    """The next prompt has the one before it in it, and the outputs."""
    turns = [usage(input_tokens=200, output_tokens=100)]

    assert spent_limit(run(max_prompt_tokens=500, usage=turns), [call()]) == "max_prompt_tokens"
    assert spent_limit(run(max_prompt_tokens=600, usage=turns), [call()]) is None
    long = call("x" * 2000)
    assert spent_limit(run(max_prompt_tokens=600, usage=turns), [long]) == "max_prompt_tokens"
    turns = [usage(output_tokens=256)]
    limited = run(max_completion_tokens=256, usage=turns)
    assert spent_limit(limited, [call()]) == "max_completion_tokens"


def test_the_room_for_an_answer_is_what_earlier_turns_left() -> None:
    """The provider takes no less than 16."""
    turns = [usage(output_tokens=250)]
    limited = run(max_completion_tokens=256, usage=turns, response_id="r", round=1)

    assert completion_room(limited) == 6
    assert completion_room(run()) is None
    options = follow_up_request(limited, thread(), [call()], {}).options
    assert options["max_output_tokens"] == 16
