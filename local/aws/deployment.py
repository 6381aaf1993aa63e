"""What a deployed template comes to: its functions, its outputs and the ids of its resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Function:
    """One Lambda function as the template declares it, with every Ref and GetAtt replaced."""

    name: str
    """The logical id, for example "CreateRunFunction"."""
    arn: str
    """Ends with the name that Lambda knows it by."""
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    layers: tuple[str, ...]
    """The content folders of its layers, relative to the template."""
    concurrency: int
    """The reserved concurrency, or the default of the stack."""
    role_statements: tuple[dict[str, Any], ...]
    """The IAM statements of its role, with the resources they name."""
    on_failure_queue: str | None
    """The SQS ARN for asynchronous invocations that failed for good."""
    async_retries: int
    code: str = "functions"
    """The code folder, relative to the template."""

    @property
    def physical_name(self) -> str:
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True)
class Deployment:
    """A template that is deployed on the embedded AWS."""

    functions: Mapping[str, Function]
    """By logical id."""
    physical_ids: Mapping[str, str]
    """Logical id to physical id, that is what Ref gives."""
    outputs: Mapping[str, str]
    resources: Mapping[str, dict[str, Any]]
    """The resources after the SAM transform, those that moto cannot create included.

    Conditions are decided and intrinsic functions resolved.
    """
    template: Mapping[str, Any]
    """The SAM template as it is written."""
