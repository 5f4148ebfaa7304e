"""Write every finished script into a folder: ``python -m skedulr.lua DIR``."""

import sys
from pathlib import Path

from skedulr import lua


def main() -> None:
    """Write the scripts as ``DIR/<name>.lua``; the ``#!lua`` line becomes a comment, as linters
    want it.
    """
    if len(sys.argv) != 2:
        sys.exit("usage: python -m skedulr.lua DIR")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in lua.names():
        (folder / f"{name}.lua").write_text("-- " + lua.load(name).text, encoding="utf-8")


if __name__ == "__main__":
    main()
