"""The part of `bootstrap.Services` that concerns files: the adapters of `ports/files.py`."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from understudy.adapters.aws import client
from understudy.ports import Runs
from understudy.ports.files import (
    Drops,
    Files,
    FileUses,
    ThreadRemains,
    Uploads,
    VectorStores,
)
from understudy.ports.provider_files import (
    ProviderContainers,
    ProviderFiles,
    ProviderUploads,
    ProviderVectorStores,
    StoredResponses,
)
from understudy.settings import Settings

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.table import Table
    from understudy.adapters.s3 import S3Objects


class FileServices:
    """Files, vector stores, uploads, drops and the bucket, each made when it is first asked for."""

    settings: Settings

    @property
    def table(self) -> "Table":
        raise NotImplementedError  # Services has it

    @property
    def runs(self) -> Runs:
        raise NotImplementedError  # Services has it

    @cached_property
    def objects(self) -> "S3Objects":
        from understudy.adapters.s3 import S3Objects

        return S3Objects(lambda: client("s3"), self.settings.bucket_name)

    @cached_property
    def files(self) -> Files:
        from understudy.adapters.dynamodb.files import DynamoFiles

        return DynamoFiles(self.table)

    @cached_property
    def file_uses(self) -> FileUses:
        from understudy.adapters.dynamodb.file_uses import DynamoFileUses

        return DynamoFileUses(self.table)

    @cached_property
    def vector_stores(self) -> VectorStores:
        from understudy.adapters.dynamodb.vector_stores import DynamoVectorStores

        return DynamoVectorStores(self.table)

    @cached_property
    def uploads(self) -> Uploads:
        from understudy.adapters.dynamodb.vector_stores import DynamoUploads

        return DynamoUploads(self.table)

    @cached_property
    def drops(self) -> Drops:
        from understudy.adapters.dynamodb.drops import DynamoDrops

        return DynamoDrops(self.table)

    @cached_property
    def provider_files(self) -> ProviderFiles:
        from understudy.adapters.openai.files import OpenAIFiles

        return OpenAIFiles(self._provider_client)

    @cached_property
    def provider_vector_stores(self) -> ProviderVectorStores:
        from understudy.adapters.openai.vector_stores import OpenAIVectorStores

        return OpenAIVectorStores(self._provider_client)

    @cached_property
    def provider_uploads(self) -> ProviderUploads:
        from understudy.adapters.openai.vector_stores import OpenAIUploads

        return OpenAIUploads(self._provider_client)

    @cached_property
    def provider_containers(self) -> ProviderContainers:
        from understudy.adapters.openai.containers import OpenAIContainers

        return OpenAIContainers(self._provider_client)

    @cached_property
    def stored_responses(self) -> StoredResponses:
        from understudy.adapters.openai.stored_responses import OpenAIStoredResponses

        return OpenAIStoredResponses(self._provider_client)

    @cached_property
    def thread_remains(self) -> ThreadRemains:
        from understudy.adapters.dynamodb.thread_remains import DynamoThreadRemains

        return DynamoThreadRemains(self.table, self.runs)

    def _provider_client(self) -> Any:
        from understudy.adapters.openai.client import provider_client
        from understudy.adapters.secrets import secret

        return provider_client(
            secret(self.settings.openai_secret_arn), self.settings.openai_base_url
        )
