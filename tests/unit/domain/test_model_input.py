"""Requests to the model."""

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
    """Returns the settings of a run with these fields in its body."""
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
    """Returns the first request of a run with these fields, without aliases."""
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


def test_images_of_the_assistant_are_left_out() -> None:
    """The provider accepts images from users only; a message with images alone is left out."""
    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}

    asked = first_request(run(), thread(), [message("", "assistant", image), message("Hi")], {})

    assert [item["role"] for item in asked.input] == ["user"]


def test_function_tools_are_flat() -> None:
    """The Assistants API nested them in `function`."""
    [tool] = request(tools=[WEATHER]).tools

    assert (tool["type"], tool["name"], tool["strict"]) == ("function", "get_weather", False)
    assert tool["parameters"] == {"type": "object", "properties": {}}


def test_tools_get_the_files_of_assistant_and_thread() -> None:
    """Each file and vector store once."""
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


def test_file_search_without_vector_store_is_left_out_and_not_forced() -> None:
    """The provider would reject both."""
    asked = request(tools=[SEARCH, WEATHER], tool_choice={"type": "file_search"})

    assert [tool["type"] for tool in asked.tools] == ["function"]
    assert asked.options["tool_choice"] == "auto"


def test_call_is_forced_in_the_first_round_only() -> None:
    """After the outputs the model may write its message."""
    choice = {"type": "function", "function": {"name": "get_weather"}}
    first = request(tools=[WEATHER], tool_choice=choice)
    later = run(tools=[WEATHER], tool_choice=choice, round=1, response_id="resp_1")

    second = follow_up_request(later, thread(), [call()], {})

    assert first.options["tool_choice"] == {"type": "function", "name": "get_weather"}
    assert second.options["tool_choice"] == "auto"
    assert second.previous_response_id == "resp_1"
    assert second.input == [{"type": "function_call_output", "call_id": "call_1", "output": "rain"}]


def test_response_formats_are_text_formats() -> None:
    """`auto` is left out; a schema is not nested."""
    schema = {"name": "a", "schema": {"type": "object"}, "strict": True}

    assert "text" not in request(response_format="auto").options
    plain = request(response_format={"type": "json_object"}).options
    assert plain["text"] == {"format": {"type": "json_object"}}
    strict = request(response_format={"type": "json_schema", "json_schema": schema}).options
    assert strict["text"] == {"format": {"type": "json_schema"} | schema}


def test_only_needed_messages_are_read() -> None:
    """A thread of a hundred thousand messages is not read completely."""
    read = []

    def newest_first() -> Any:
        for number in range(100_000):
            read.append(number)
            yield message(str(number))

    strategy = {"type": "last_messages", "last_messages": 3}
    kept = newest_within(newest_first(), config(truncation_strategy=strategy))

    assert [each.plain_text() for each in kept] == ["2", "1", "0"]
    assert len(read) == 3


def test_prompt_limit_keeps_the_newest_messages() -> None:
    """The oldest are dropped first; the newest one is always kept."""
    long, short = message("x" * 4000), message("short")
    limited = config(max_prompt_tokens=300)

    assert newest_within(iter([short, long]), limited) == [short]
    assert newest_within(iter([long, short]), limited) == [long]
    assert exceeds_prompt_limit([long], limited)
    assert not exceeds_prompt_limit([short], limited)
    assert not exceeds_prompt_limit([long], config())


def test_instructions_and_tools_count_against_the_prompt_limit() -> None:
    """Every round sends them."""
    tool = {"type": "function", "function": {"name": "f", "description": "x" * 2000}}

    assert exceeds_prompt_limit([message("short")], config(tools=[tool], max_prompt_tokens=300))
    assert exceeds_prompt_limit(
        [message("short")], config(instructions="x" * 2000, max_prompt_tokens=300)
    )


def test_limits_apply_to_all_rounds_together() -> None:
    """The next prompt includes the previous one and the outputs."""
    turns = [usage(input_tokens=200, output_tokens=100)]

    assert spent_limit(run(max_prompt_tokens=500, usage=turns), [call()]) == "max_prompt_tokens"
    assert spent_limit(run(max_prompt_tokens=600, usage=turns), [call()]) is None
    long = call("x" * 2000)
    assert spent_limit(run(max_prompt_tokens=600, usage=turns), [long]) == "max_prompt_tokens"
    turns = [usage(output_tokens=256)]
    limited = run(max_completion_tokens=256, usage=turns)
    assert spent_limit(limited, [call()]) == "max_completion_tokens"


def test_max_output_tokens_is_what_earlier_rounds_left() -> None:
    """The provider's minimum is 16."""
    turns = [usage(output_tokens=250)]
    limited = run(max_completion_tokens=256, usage=turns, response_id="r", round=1)

    assert completion_room(limited) == 6
    assert completion_room(run()) is None
    options = follow_up_request(limited, thread(), [call()], {}).options
    assert options["max_output_tokens"] == 16


def test_instructions_are_the_input_of_an_empty_thread() -> None:
    """Providers reject an empty input."""
    alone = run().model_copy(update={"config": config(instructions="Say hello.")})

    request = first_request(alone, thread(), [], {})

    [item] = request.input
    assert (item["role"], item["content"][0]["text"]) == ("developer", "Say hello.")
    assert request.instructions is None


def test_function_parameters_always_have_properties() -> None:
    """OpenAI rejects an object schema without them."""
    function = {"name": "f", "parameters": {"type": "object", "required": []}}

    [tool] = request(tools=[{"type": "function", "function": function}]).tools

    assert tool["parameters"] == {"type": "object", "properties": {}, "required": []}
