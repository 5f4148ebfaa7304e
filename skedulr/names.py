"""The names that users give, and the ids that skedulr makes.

==================  ==========================================================================
namespace, pool     ASCII letters, digits, ``_ - .``; the first is a letter, a digit or ``_``
job, group,
schedule            printable characters of any language, none of ``: { }``
id                  printable characters of any language
key                 the same, ``@`` and ``/`` too: an e-mail address or a URL, up to 512 characters
==================  ==========================================================================

The others have 1 to 200 characters, and neither ``@`` nor ``/``, which are skedulr's own
(``pool/id``, ``schedule@slot``); ``.`` and ``..`` alone are refused, since no URL can carry them.
None has white space. The upper two rows are stricter because these become parts of the names of
Redis keys; a dedupe key is nothing but a field of a hash, and no syntax is around it. Names are
compared character by character: neither case nor Unicode forms are made equal.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Final

from skedulr.errors import InvalidName

MAX_LENGTH: Final = 200
"""Characters of the longest name."""

MAX_KEY_LENGTH: Final = 512
"""Characters of the longest dedupe key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What names of one kind may be: call it with a name to have that checked."""

    kind: str
    pattern: re.Pattern[str]
    text: str

    def __call__(self, name: object) -> str:
        """The name as a plain ``str``; raises ``InvalidName`` where the rule does not allow it."""
        if not isinstance(name, str) or not self.pattern.fullmatch(name) or not name.isprintable():
            raise InvalidName(self.kind, name, self.text)
        # A member of a StrEnum is a str as well, but msgpack packs nothing but a plain one.
        return name if type(name) is str else str.__str__(name)


_LENGTH: Final = f"{{1,{MAX_LENGTH}}}"
_NO_DOTS: Final = r"(?!\.{1,2}\Z)"
_PLAIN: Final = re.compile(rf"(?=\w)[A-Za-z0-9_.-]{_LENGTH}", re.ASCII)
_IN_A_KEY: Final = re.compile(rf"{_NO_DOTS}[^\s@/:{{}}]{_LENGTH}")
_FREE: Final = re.compile(rf"{_NO_DOTS}[^\s@/]{_LENGTH}")
_VALUE: Final = re.compile(rf"\S{{1,{MAX_KEY_LENGTH}}}")
_PLAIN_TEXT: Final = (
    f"give 1 to {MAX_LENGTH} ASCII letters, digits, '_', '-', '.'; a letter, digit or '_' first"
)
_IN_A_KEY_TEXT: Final = (
    f"give 1 to {MAX_LENGTH} printable characters without white space and : {{ }} @ /"
)
_FREE_TEXT: Final = f"give 1 to {MAX_LENGTH} printable characters without white space, @ and /"

_TITLE_TEXT: Final = f"give 1 to {MAX_LENGTH} printable characters"
_VALUE_TEXT: Final = f"give 1 to {MAX_KEY_LENGTH} printable characters without white space"

namespace: Final = Rule("namespace", _PLAIN, _PLAIN_TEXT)
pool: Final = Rule("pool name", _PLAIN, _PLAIN_TEXT)
job: Final = Rule("job name", _IN_A_KEY, _IN_A_KEY_TEXT)
group: Final = Rule("group", _IN_A_KEY, _IN_A_KEY_TEXT)
schedule: Final = Rule("schedule name", _IN_A_KEY, _IN_A_KEY_TEXT)
key: Final = Rule("key", _VALUE, _VALUE_TEXT)
task_id: Final = Rule("task id", _FREE, _FREE_TEXT)
workflow: Final = Rule("workflow id", _FREE, _FREE_TEXT)
title: Final = Rule("workflow title", re.compile(rf".{_LENGTH}"), _TITLE_TEXT)

_existing_id: Final = Rule(
    "task id",
    re.compile(rf"{_NO_DOTS}[^\s/]{{1,{2 * MAX_LENGTH}}}"),
    "give an id, or pool/id where several pools could have it",
)


def full_name(pool_name: str, id_in_pool: str) -> str:
    """The name of a task that is unique in its namespace: ``pool/id``."""
    return f"{pool_name}/{id_in_pool}"


def parts(full: str) -> tuple[str, str]:
    """Pool and id from a full name that was found good before."""
    pool_name, _, id_in_pool = full.rpartition("/")
    return pool_name, id_in_pool


def split(name: str) -> tuple[str | None, str]:
    """Pool and id of an existing task from ``pool/id``, or ``None`` and the id from a bare one.

    Ids that skedulr made (``schedule@slot``) are taken as well. Raises ``InvalidName``.
    """
    pool_name, slash, id_in_pool = name.rpartition("/")
    return pool(pool_name) if slash else None, _existing_id(id_in_pool)


# A new id is time, count, process: 7 characters of milliseconds, which sort by age until 2081; 4 of
# a count that begins anywhere and repeats after 14 million; 7 (42 bits) of this process alone. So
# no clock that is set back repeats one, and no lock is needed: a count steps in one piece, also
# between threads and under signal handlers.
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS: Final = tuple(first + second for first in _DIGITS for second in _DIGITS)
_SQUARE: Final = len(_PAIRS)

_process = ""
_counter = count()
_lately = (-1, "")


def new_id() -> str:
    """An id of 18 letters and digits that no process has made before; later ones sort later.

    The order holds to the millisecond, as far as the hosts' clocks agree. It is no secret: whoever
    sees one can guess others.
    """
    global _lately
    slow, fast = divmod(time.time_ns() // 1_000_000, _SQUARE)
    lately = _lately
    if lately[0] != slow:
        _lately = lately = slow, _digits(slow, 5)
    high, low = divmod(next(_counter) % _SQUARE**2, _SQUARE)
    return f"{lately[1]}{_PAIRS[fast]}{_PAIRS[high]}{_PAIRS[low]}{_process}"


def _digits(number: int, length: int) -> str:
    """The number in base 62, as wide as wanted."""
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def _begin_process() -> None:
    """Make this process's ids differ from those of every other one, its parent's too."""
    global _process, _counter
    _process = "".join(secrets.choice(_DIGITS) for _ in range(7))
    _counter = count(secrets.randbelow(_SQUARE**2))


_begin_process()
if hasattr(os, "register_at_fork"):  # where there is no fork, there is nothing to do
    os.register_at_fork(after_in_child=_begin_process)
