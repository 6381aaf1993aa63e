"""Sending an object of the bucket to the provider, as it is read."""

from understudy.domain.files import File
from understudy.errors import NoSuchObjectError, ProviderRefusedError
from understudy.observability import logger
from understudy.ports import Ports


def send_object(ports: Ports, file: File) -> File | None:
    """The file with the provider's id; one that has it already is not sent again.

    None where nothing is left to do: the provider refused the file, which is noted, or the object
    or the record was deleted meanwhile. Raises the provider's other errors, after letting the file
    go, so that another try need not wait.
    """
    if file.provider_id:
        return file
    assert file.object_key is not None  # set by the callers
    try:
        with ports.objects.open(file.object_key, file.object_version) as content:
            sent = ports.provider_files.upload(
                file.provider_name,
                file.purpose,
                content,
                content_type=file.content_type,
                expires_after=file.ends_at - file.created_at if file.ends_at else None,
            )
    except NoSuchObjectError:
        ports.files.finish(file, status="error", status_details="The object was deleted.")
        return None
    except ProviderRefusedError as error:
        logger.warning("file_refused", file_id=file.id, code=error.code)
        ports.files.finish(file, status="error", status_details=error.said or str(error))
        return None
    except BaseException:  # whatever ended it: the claim is given back
        ports.files.let_go(file)
        raise
    known = ports.files.change(file, provider_id=sent.id, status="uploaded")
    if known is None:
        ports.provider_files.delete(sent.id)
    return known
