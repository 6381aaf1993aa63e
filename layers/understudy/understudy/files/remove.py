"""Removing a file with all that its record points to; done half, it is gone on with."""

from understudy.domain.files import File, parse_drop_key
from understudy.ports import Ports


def remove_file(ports: Ports, file: File) -> None:
    """The file is doomed already, so nobody sees it; its record goes last, as the note to go on."""
    if file.provider_id:
        ports.provider_files.delete(file.provider_id)
    if file.object_key:
        ports.objects.delete([file.object_key])
    if file.drop_key and ports.drops.newest(file.tenant, file.drop_key) in (file.id, None):
        ports.objects.delete_below(parse_drop_key(file.drop_key).answers)
        ports.drops.forget(file.tenant, file.drop_key)
    ports.files.remove(file)


def delete_file(ports: Ports, tenant: str, file_id: str) -> bool:
    """Removes a file because its owner said so; whether there was one."""
    if ports.files.get(tenant, file_id) is None:
        return False
    doomed = ports.files.doom(tenant, file_id)
    if doomed is None:
        return False
    remove_file(ports, doomed)
    return True


def release_files(ports: Ports, tenant: str, holder: str, *, remove: bool) -> None:
    """Ends all uses of a holder that goes; with `remove`, files that nobody else uses go too."""
    for use in ports.file_uses.of(tenant, holder):
        doomed = ports.files.doom(tenant, use.file_id, last_use=True) if remove else None
        if doomed is None:
            ports.file_uses.release(tenant, holder, use.file_id)
        else:
            remove_file(ports, doomed)
            ports.file_uses.forget(tenant, holder, use.file_id)
