"""Operations called with the openai SDK that runs this, which validates each answer strictly."""

from collections.abc import Callable
from typing import Any

from openai import OpenAI


class Exercise:
    """One pass through some operations, and how each of them went."""

    def __init__(self, base_url: str, key: str, http_client: Any = None) -> None:
        self.client: Any = OpenAI(
            base_url=base_url,
            api_key=key,
            max_retries=0,
            http_client=http_client,
            _strict_response_validation=True,
        )
        self.report: dict[str, str] = {}

    def call(self, operation: str, do: Callable[[], Any]) -> Any:
        """Does one operation and notes how it went."""
        try:
            given = do()
        except Exception as error:
            self.report[operation] = f"{type(error).__name__}: {error}"
            raise
        self.report[operation] = "ok"
        return given

    def run(self) -> None:
        """Calls them all. Raises what the first one raised that failed."""
        raise NotImplementedError
