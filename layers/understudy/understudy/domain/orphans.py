"""The report of SweepFiles: files and vector stores at the provider that are no longer needed."""

from understudy.domain.base import Record


class Orphans(Record):
    """Numbers, sizes and monthly cost.

    `files` and `vector_stores` have no owner in the table. `expired` files are past the expiry
    that their caller asked for. `unused` files have an owner, but no thread, assistant or vector
    store has used them since they were created 30 days ago or earlier.
    """

    files: int = 0
    file_bytes: int = 0
    vector_stores: int = 0
    vector_store_bytes: int = 0
    monthly_usd: float = 0.0
    expired: int = 0
    unused: int = 0
    unused_bytes: int = 0
    removed: bool = False
    removed_unused: bool = False
