"""The folder in which the workers of a host keep their lock files."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import Final

from skedulr.errors import ConfigurationError

VARIABLE: Final = "SKEDULR_RUNTIME_DIR"
"""Read whichever way a worker is started: it belongs to the host, not to the program."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_MOUNTS: Final = Path("/proc/self/mountinfo")

_SHARED: Final = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("ocfs2", "smb2", "smb3", "smbfs", "virtiofs"),
    )
)
"""File systems that several kernels can have mounted: a lock that looks free may be held there."""


def boot() -> str:
    """What identifies this run of this host's kernel, empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def runtime_folder(given: str, logger: logging.Logger) -> Path | None:
    """The folder for lock files: the ``given`` one, that of ``SKEDULR_RUNTIME_DIR``, or one of this
    user's own on this host.

    Where there is none that serves, tasks of a dead worker wait for the end of its lease; that is
    logged. Raises ``ConfigurationError`` where the given one does not serve.
    """
    given = given or os.environ.get(VARIABLE, "")
    path = Path(given).absolute() if given else _usual()
    problem = _problem(path, is_given=bool(given))
    if not problem:
        return path
    if given:
        raise ConfigurationError(
            f"runtime_dir {given!r} cannot hold lock files: {problem}; name a folder on a disk of "
            "this host that this user can write to, or leave the option out"
        )
    logger.warning(
        "no lock files in %s: %s; tasks of a worker that is killed here wait for the end of its "
        "lease. %s names another folder",
        path,
        problem,
        VARIABLE,
    )
    return None


def _usual() -> Path:
    """The same for every start of this user, whatever the start's environment."""
    if os.geteuid() == 0 and os.access("/run", os.W_OK):
        return Path("/run/skedulr")
    return Path(tempfile.gettempdir()) / f"skedulr-{os.geteuid()}"


def _problem(path: Path, *, is_given: bool) -> str:
    """Why the folder does not serve, empty where it does; makes it where it is missing."""
    if not boot():
        return "this system does not tell one run of its kernel from another"
    try:
        path.mkdir(mode=0o700, parents=is_given, exist_ok=True)
        facts = path.stat() if is_given else path.lstat()
    except OSError as error:
        return error.strerror or str(error)
    # Files are trusted by their owner, whoever owns the folder. But in a place that all may write
    # to, somebody else's folder of that name is no accident.
    if not is_given and (facts.st_uid != os.geteuid() or path.is_symlink()):
        return "it belongs to another user"
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "it is read-only"
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return "this user cannot write to it"
    kind = _file_system(facts.st_dev)
    if kind in _SHARED or kind.startswith("fuse"):
        return f"it is on {kind}, whose locks other hosts may not see"
    return ""


def _file_system(device: int) -> str:
    """The kind of file system that is mounted from a device, empty where nobody knows."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = _MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for mount in mounts:  # "36 35 98:0 /root /point options [tags] - type source options"
        left, _, right = mount.partition(" - ")
        fields = left.split()
        if len(fields) > 2 and fields[2] == number and right:
            return right.split()[0]
    return ""
