"""A stack of its own for the handlers of fatal signals: where a thread's stack has overflowed,
nothing could be said about it on that.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_SIZE: Final = 64 * 1024


class _Stack(ctypes.Structure):
    _fields_ = (
        ("pointer", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("size", ctypes.c_size_t),
    )


_sigaltstack = ctypes.CDLL(None).sigaltstack if sys.platform == "linux" else None


def lend_signal_stack() -> object:
    """Give the calling thread such a stack, as Python gives one to its main thread (on Linux only);
    it must hold on to what this returns until it ends.
    """
    if _sigaltstack is None:
        return None
    memory = ctypes.create_string_buffer(_SIZE)
    _sigaltstack(ctypes.byref(_Stack(ctypes.addressof(memory), 0, _SIZE)), None)
    return memory
