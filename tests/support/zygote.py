"""A process that has imported the command line, and forks one that runs it for each call.

A command takes a tenth of a second then, instead of the six in which Python starts and imports. It
is a process all the same, with its own environment, exit code and streams.

Its standard input is a socket. Each message there is a line of JSON, `{"args", "environment"}`, and
comes with three handles: for standard output, for standard error, and for what becomes of the
command, which is told there in two lines: process id, exit code.
"""

import contextlib
import gc
import io
import json
import os
import signal
import socket
import sys
from typing import NoReturn

CHUNK = 65536
"""Bytes."""


def main() -> None:
    """Serve until the other end of the socket is closed."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as calls:
        while True:
            message, handles, _, _ = socket.recv_fds(calls, CHUNK, 3)
            while message and not message.endswith(b"\n"):
                message += calls.recv(CHUNK)
            if not message:
                return
            if os.fork() == 0:
                calls.close()
                watch(json.loads(message), *handles)
            for handle in handles:
                os.close(handle)


def load() -> None:
    """Import what a command needs; some of that waits for the first one.

    All of it is out of reach of the garbage collection with which a process ends: that would touch,
    and so copy, the whole memory that a command shares with this process.
    """
    from skedulr.cli.program import program

    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        program(["version"])
    gc.collect()
    gc.freeze()


def watch(call: dict[str, object], out: int, err: int, told: int) -> NoReturn:
    """Run one command, and tell what becomes of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if command == 0:
        os.close(told)
        become(call, out, err)
    os.write(told, b"%d\n" % command)
    _, status = os.waitpid(command, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(call: dict[str, object], out: int, err: int) -> NoReturn:
    """Be the command from here on."""
    args, environment = call["args"], call["environment"]
    assert isinstance(args, list)
    assert isinstance(environment, dict)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["skedulr", *args]
    from skedulr.cli import main as run_the_command_line

    sys.exit(run_the_command_line())


if __name__ == "__main__":
    main()
