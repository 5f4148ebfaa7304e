"""Lock files, which prove that a worker process is dead.

Every process that claims tasks is born with a file that it has locked. The lock belongs to what was
opened, not to a process: all forks share it, and the kernel frees it when the last of them has
ended, however that came. So whoever gets the lock knows that nothing of that instance runs any
more, and may release its tasks at once. Nothing rests on process ids, which mean nothing in another
namespace of the host.

A lock that can be had proves nothing where another kernel could hold it: ``runtime`` refuses
folders that hosts share, and a file of another boot is never taken for a proof.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from skedulr import names
from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr_worker import runtime
from skedulr_worker.config import WorkerConfig
from skedulr_worker.lock import Holder, Lock, is_locked

SUFFIX: Final = ".skedulr.lock"
"""Nothing else in the folder is touched, whatever folder that is."""

_UNFINISHED: Final = "."
_FORMAT: Final = 1
_LONGEST: Final = 65536
_KEEP_EVERY: Final = 3600.0
_FORGOTTEN_AFTER: Final = 86_400.0
"""Seconds after which a free lock file that nobody came for goes: its lease is long over."""


class Locks:
    """The lock files of the workers of one host that serve one app."""

    def __init__(self, folder: Path, realm: str) -> None:
        self.folder = folder
        self._realm = realm
        """Server and namespace: others' files are not our business."""
        self._boot = runtime.boot()
        self._held: set[Lock] = set()
        self._kept_at = time.monotonic()
        self.seen = 0
        """How many files were there when it last looked."""

    @classmethod
    def of(cls, app: Skedulr, config: WorkerConfig) -> Locks | None:
        """The locks of an app on this host, ``None`` where it has no place for them."""
        folder = runtime.runtime_folder(config.runtime_dir, app.logger)
        return cls(folder, realm(app)) if folder is not None else None

    def hold(self, holder: Holder) -> Lock:
        """A new locked file; raises ``OSError``. It is locked before others can see its name."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / f"{holder.instance}{SUFFIX}"
        hidden = self.folder / f"{_UNFINISHED}{path.name}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(hidden, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            facts = {"format": _FORMAT, "boot": self._boot, "realm": self._realm}
            os.write(descriptor, json.dumps(facts | holder._asdict()).encode())
            hidden.rename(path)
        except BaseException:
            os.close(descriptor)
            hidden.unlink(missing_ok=True)
            raise
        lock = Lock(path, descriptor, holder)
        self._held.add(lock)
        return lock

    def hold_if_possible(self, holder: Holder, logger: logging.Logger) -> Lock | None:
        """``hold``; where the file system refuses, the instance goes without, and that is said."""
        try:
            return self.hold(holder)
        except OSError as error:
            logger.warning(
                "no lock file for %s in %s: %s; its tasks wait for the end of the lease if it is"
                " killed",
                holder.instance,
                self.folder,
                error.strerror or error,
            )
            return None

    def keep_only(self, kept: Lock | None) -> None:
        """In a fork: give up this process' part in all locks but its own."""
        for lock in list(self._held):
            if lock is not kept:
                lock.forget()
        self._held = {kept} if kept else set()

    def drop(self, lock: Lock) -> None:
        """That instance is over."""
        if lock.remove():
            self._held.discard(lock)

    def keep(self) -> None:
        """Have the files of this worker outlive all cleaning; called often, done once an hour."""
        if time.monotonic() - self._kept_at < _KEEP_EVERY:
            return
        self._kept_at = time.monotonic()
        for lock in list(self._held):
            lock.touch()

    def living(self) -> Iterator[Holder]:
        """Who holds a lock now, this worker's own processes among them."""
        for path in self._files():
            with contextlib.suppress(OSError), _opened(path) as descriptor:
                holder = self._holder(_read(descriptor))
                if holder is not None and not is_locked(descriptor):
                    yield holder

    def take(self) -> Iterator[Lock]:
        """Take the locks that nobody holds any more: each proves that its instance is dead.

        Files that prove nothing and are of no use to anybody else are removed by the way.
        """
        for path in self._files():
            with contextlib.suppress(OSError):
                lock = self._take(path)
                if lock is not None:
                    self._held.add(lock)
                    yield lock

    def _take(self, path: Path) -> Lock | None:
        descriptor = _open(path)
        try:
            facts = os.fstat(descriptor)
            if not _is_ours(facts) or not is_locked(descriptor):
                return None
            if not os.path.samestat(facts, path.lstat()):  # somebody was quicker
                return None
            told = _read(descriptor)
            holder = self._holder(told)
            if holder is not None and told.get("boot") == self._boot:
                lock = Lock(path, descriptor, holder)
                descriptor = -1
                return lock
            if holder is not None or time.time() - facts.st_mtime > _FORGOTTEN_AFTER:
                path.unlink()
            return None
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def _files(self) -> Iterator[Path]:
        """Lock files, and those that were never finished; not the ones that this process holds."""
        held = {lock.path for lock in list(self._held)}
        try:
            entries = list(os.scandir(self.folder))
        except OSError:
            return
        entries = [entry for entry in entries if entry.name.endswith(SUFFIX)]
        self.seen = len(entries)
        for entry in entries:
            path = self.folder / entry.name
            if path in held:
                continue
            if not entry.name.startswith(_UNFINISHED):
                yield path
            elif _is_old(entry):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _holder(self, told: dict[str, Any]) -> Holder | None:
        """Whose file it is; ``None`` for one of another app, or one that this code cannot read."""
        if told.get("format") != _FORMAT or told.get("realm") != self._realm:
            return None
        try:
            pools = [names.pool(pool) for pool in told["pools"]]
            instance, worker, given = (str(told[key]) for key in ("instance", "worker", "id"))
            return Holder(instance, worker, given, pools, int(told["pid"]))
        except (KeyError, TypeError, ValueError, SkedulrError):
            return None


def realm(app: Skedulr) -> str:
    """What tells the workers of one namespace on one server from others, without a secret in it."""
    parts = urlsplit(app.address.url)
    place = parts.netloc.rpartition("@")[2]
    text = "\n".join((parts.scheme, place, parts.path, parts.query, app.config.namespace))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_ours(facts: os.stat_result) -> bool:
    """Whether this user wrote it: what others write says nothing here."""
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.geteuid()


def _is_old(entry: os.DirEntry[str]) -> bool:
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return _is_ours(facts) and time.time() - facts.st_mtime > _FORGOTTEN_AFTER


def _read(descriptor: int) -> dict[str, Any]:
    facts = os.fstat(descriptor)
    if not _is_ours(facts):
        return {}
    try:
        told = json.loads(os.pread(descriptor, _LONGEST, 0))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
