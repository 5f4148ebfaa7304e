"""The command line, `skedulr`: what a person at a terminal, or a script, asks of a cluster.

It needs the `cli` extra; this file does not, so that a plain install can say what is missing.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command that the arguments name, and return its exit code (`skedulr.cli.exits`)."""
    try:
        import rich as _rich
        import typer as _typer
    except ModuleNotFoundError as error:
        print(
            f'skedulr: the command line needs more packages ({error}): pip install "skedulr[cli]"',
            file=sys.stderr,
        )
        return 1
    del _rich, _typer
    from skedulr.cli.program import run

    return run()
