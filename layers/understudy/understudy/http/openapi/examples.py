"""An example body of each operation that has one, as the API reference shows it."""

from collections.abc import Mapping
from typing import Final

from understudy.domain.base import Json

METADATA: Final[Json] = {"metadata": {"customer": "c-17"}}
WEATHER: Final[Json] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Returns the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
QUESTION: Final[Json] = {"role": "user", "content": "What is the weather in Oslo?"}

EXAMPLES: Final[Mapping[str, Json]] = {
    "createAssistant": {
        "model": "gpt-4o",
        "name": "Weather",
        "instructions": "Answer briefly.",
        "tools": [WEATHER],
    },
    "modifyAssistant": {"instructions": "Answer in one sentence."},
    "createThread": {"messages": [QUESTION], **METADATA},
    "modifyThread": METADATA,
    "getOrCreateThread": {"max_age_hours": 24, **METADATA},
    "createMessage": QUESTION,
    "modifyMessage": METADATA,
    "createThreadAndRun": {"assistant_id": "asst_…", "thread": {"messages": [QUESTION]}},
    "createRun": {"assistant_id": "asst_…", "additional_instructions": "Answer in English."},
    "modifyRun": METADATA,
    "submitToolOuputsToRun": {"tool_outputs": [{"tool_call_id": "call_…", "output": "4 °C"}]},
    "approveToolCall": {},
    "refuseToolCall": {"reason": "The customer has paid already."},
    "createObjectUpload": {
        "filename": "sales.csv",
        "bytes": 50_000_000,
        "mime_type": "text/csv",
        "purpose": "assistants",
    },
    "createUpload": {
        "filename": "sales.csv",
        "bytes": 9_000_000,
        "mime_type": "text/csv",
        "purpose": "assistants",
    },
    "completeUpload": {"part_ids": ["part_…", "part_…"]},
    "createVectorStore": {"name": "Manuals", "file_ids": ["file-…"]},
    "modifyVectorStore": {"name": "Manuals of 2027"},
    "searchVectorStore": {"query": "How is the filter cleaned?"},
    "createVectorStoreFile": {"file_id": "file-…"},
    "updateVectorStoreFileAttributes": {"attributes": {"year": 2027}},
    "createVectorStoreFileBatch": {"file_ids": ["file-…", "file-…"]},
}
