"""Why a server has ended at its start, read from its log."""

import os
import re
import shlex
from pathlib import Path

from skedulr.embedded.errors import EmbeddedServerError, PortTaken
from skedulr.embedded.folder import DataFolder

_SHOWN_LINES = 12
_DAMAGED_FILE = re.compile(
    r"(?:Bad file format|Unexpected end of file) reading "
    r"the append only file (?P<name>[^\s:]+[^\s:.])"
)
_BROKEN_SET = ("AOF MANIFEST FILE ERROR", "No such file or directory", "doesn't exist")


def explain_exit(
    folder: DataFolder, *, binary: str, port: int, code: int, since: int, secret: str
) -> EmbeddedServerError:
    """Return an error that says why the server ended with `code` and what to do.

    `since` is where this start's part of the log begins; `secret` is masked in what is quoted.
    """
    log = read_log(folder, since).replace(secret, "***")
    if "Address already in use" in log:
        return PortTaken(
            f"something else listens on port {port}, which the embedded server was to use",
            "choose another port, or none to take any that is free",
        )
    return EmbeddedServerError(
        f"the embedded server ended at its start, {_how(code)}",
        f"{_advice(log, folder, binary)}\n{quote_log(log, folder)}",
    )


def explain_silence(folder: DataFolder, *, seconds: float, since: int) -> EmbeddedServerError:
    """Return an error that says that the server runs but has not answered in time."""
    return EmbeddedServerError(
        f"the embedded server has not answered within {seconds:g} s",
        f"its log may say why\n{quote_log(read_log(folder, since), folder)}",
    )


def read_log(folder: DataFolder, since: int) -> str:
    """Return what the log says from byte `since` on."""
    with folder.log.open("rb") as log:
        log.seek(since)
        return log.read().decode(errors="replace")


def quote_log(log: str, folder: DataFolder) -> str:
    """Return the last lines of a log, with the place to find the rest."""
    lines = log.splitlines()[-_SHOWN_LINES:] or ["(nothing)"]
    where = "" if folder.is_temporary else f" {folder.log}"
    return "\n".join([f"The last lines of its log{where}:", *(f"  {line}" for line in lines)])


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def _advice(log: str, folder: DataFolder, binary: str) -> str:
    damaged = _DAMAGED_FILE.search(log)
    if "RDB format version" in log or (damaged and damaged["name"].endswith(".rdb")):
        return (
            f"the data in {folder.path} was written by another kind or a newer version of server: "
            "start it with that one, or choose another folder"
        )
    if damaged:
        return (
            f"its append-only file is damaged: copy the folder {folder.path}, then cut off "
            "everything from the damage on with\n"
            f"  {_repair(folder.append_only / damaged['name'], binary)}\n"
            "or choose another folder, to begin with no tasks"
        )
    if "AOF" in log and any(words in log for words in _BROKEN_SET):
        return (
            f"files in {folder.append_only} are missing or do not belong together: "
            "restore that folder from a copy, or choose another data folder"
        )
    if "cannot run" in log:
        return f"{binary} is no server that this machine can run: choose another one"
    if "CONFIG" in log:
        return "leave out the setting in `config` that it does not know"
    return "its log says why"


def _repair(file: Path, binary: str) -> str:
    """Return the command that repairs a part of the append-only file.

    It names the part and not the manifest of all parts, since the checker of Valkey 9 takes the
    healthy snapshot of Valkey 9 for damaged (valkey-io/valkey#4739). The checker is the server
    itself under another name, which not every package brings.
    """
    name = os.path.basename(binary).replace("-server", "-check-aof")
    checker = os.path.join(os.path.dirname(binary), name)
    if name.endswith("-check-aof") and os.access(checker, os.X_OK):
        return shlex.join([checker, "--fix", str(file)])
    call = f"exec -a valkey-check-aof {shlex.join([binary, '--fix', str(file)])}"
    return shlex.join(["bash", "-c", call])
