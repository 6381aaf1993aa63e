"""Containers, and the files that code interpreter writes into them."""

from __future__ import annotations

import io
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image

from local.provider.control import ControlClient
from tests.local.provider.objects import CODE, CSV, chart, citation, upload


def test_chart_is_drawn_from_the_data_and_cited(client: OpenAI) -> None:
    """Code interpreter writes a PNG into its container; the message cites it."""
    response = chart(client)

    cited = citation(response)
    png = client.containers.files.content.retrieve(cited.file_id, container_id=cited.container_id)
    image = Image.open(io.BytesIO(png.read()))
    assert (image.format, image.size) == ("PNG", (640, 400))
    assert len(image.convert("RGB").getcolors(maxcolors=100_000) or []) > 2
    assert "North with 35" in response.output_text
    text = response.output_text
    assert text[cited.start_index : cited.end_index] == f"sandbox:/mnt/data/{cited.filename}"
    sources = {f.source for f in client.containers.files.list(cited.container_id)}
    assert sources == {"user", "assistant"}


def test_outputs_of_code_are_null_unless_included(client: OpenAI) -> None:
    """`include` can be given when creating and when retrieving."""
    bare, full = chart(client), chart(client, include=["code_interpreter_call.outputs"])
    later = client.responses.retrieve(bare.id, include=["code_interpreter_call.outputs"])

    assert bare.output[0].outputs is None
    assert later.model_dump()["output"][0]["outputs"] == full.model_dump()["output"][0]["outputs"]
    assert "amount: sum 65" in full.output[0].outputs[0].logs


def test_container_expires_after_twenty_idle_minutes(
    client: OpenAI, control: ControlClient
) -> None:
    """Its files are lost, and a new response gets a new container."""
    first = chart(client)
    cited = citation(first)

    control.advance_clock(20 * 60)

    with pytest.raises(openai.BadRequestError, match="Container is expired"):
        client.containers.files.content.retrieve(cited.file_id, container_id=cited.container_id)
    assert client.containers.retrieve(cited.container_id).status == "expired"
    with pytest.raises(openai.BadRequestError, match="Container is expired"):
        client.responses.create(
            model="gpt-4o",
            input="Draw a chart",
            tools=[{"type": "code_interpreter", "container": cited.container_id}],
        )
    again = client.responses.create(
        model="gpt-4o", input="Draw it as a chart again", tools=CODE, previous_response_id=first.id
    )
    assert citation(again).container_id != cited.container_id


def test_running_container_is_reused_in_a_conversation(client: OpenAI) -> None:
    first = chart(client)

    again = client.responses.create(
        model="gpt-4o", input="And a line chart of it", tools=CODE, previous_response_id=first.id
    )

    assert citation(again).container_id == citation(first).container_id


def test_table_is_saved_as_csv(client: OpenAI) -> None:
    container: Any = {"type": "auto", "file_ids": [upload(client, "s.csv", CSV)]}

    response = client.responses.create(
        model="gpt-4o",
        input="Analyse amount by region and save the result as a csv file",
        tools=[{"type": "code_interpreter", "container": container}],
    )

    cited = citation(response)
    content = client.containers.files.content.retrieve(
        cited.file_id, container_id=cited.container_id
    )
    assert content.read() == b"label,value\nNorth,35\nSouth,30\n"


def test_deleting_a_container_deletes_its_files(client: OpenAI, control: ControlClient) -> None:
    """A file that was copied into it stays."""
    container_id = citation(chart(client)).container_id
    file_id = upload(client, "a.txt", b"abc")
    copied = client.containers.files.create(container_id, file_id=file_id)
    assert copied.bytes == 3

    client.containers.delete(container_id)

    with pytest.raises(openai.NotFoundError):
        client.containers.retrieve(container_id)
    assert "container.file" not in control.live()
    assert file_id in control.live()["file"]
