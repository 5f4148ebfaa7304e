"""A terminal that closes: `python terminal.py FILE COMMAND...` runs a command in one of its own,
shows what it prints, and closes the terminal once there is a file of that name.

It ends with the command, and with its exit code. Run as a program of its own, since it forks.
"""

import os
import pty
import select
import sys
from pathlib import Path


def main(close_when: Path, *command: str) -> int:
    """Run the command until it has ended."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    while not close_when.exists():
        if select.select([terminal], [], [], 0.02)[0]:
            os.write(1, os.read(terminal, 65536))
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
