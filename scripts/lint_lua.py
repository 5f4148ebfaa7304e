"""Runs luacheck over every Lua script as Redis gets it: with its keys named and its includes in it.

A piece that scripts share is not used in full by each of them. So what one script leaves unused is
no mistake; what every script leaves unused that has it, is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

COMMAND = ["luacheck", "--config", ".luacheckrc", "--codes", "--formatter", "plain"]
# Unused, set but never read, filled but never read.
UNUSED = re.compile(r"\(W2[134]1\) [^']*'(?P<name>\w+)'")


def main() -> int:
    """Print every finding, and return the exit code."""
    if shutil.which(COMMAND[0]) is None:
        print("lint_lua: luacheck is missing (Debian: apt-get install lua-check)", file=sys.stderr)
        # A developer without it may go on; CI must not pass without having looked.
        return 1 if os.environ.get("CI") else 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "skedulr.lua", folder], check=True)
        scripts = {path.name: path.read_text("utf-8") for path in Path(folder).glob("*.lua")}
        checked = subprocess.run([*COMMAND, folder], capture_output=True, text=True, check=False)
    if checked.returncode > 2:  # 1 and 2 are findings; more is luacheck itself
        sys.exit(f"lint_lua: luacheck failed: {checked.stdout}{checked.stderr}")
    findings = [line.removeprefix(f"{folder}/") for line in checked.stdout.splitlines()]
    serious = worth_telling(findings, list(scripts.values()))
    print(*serious, sep="\n", end="\n" if serious else "")
    print(f"lint_lua: {len(scripts)} scripts, {len(serious)} findings")
    return 1 if serious or not scripts else 0


def worth_telling(findings: list[str], scripts: list[str]) -> list[str]:
    """Return the findings without what is unused in some of the scripts only."""
    unused = Counter(found["name"] for line in findings if (found := UNUSED.search(line)))

    def is_used_elsewhere(line: str) -> bool:
        if not (found := UNUSED.search(line)):
            return False
        name = found["name"]
        declared = re.compile(rf"^local (function )?([\w, ]+, )?{name}\b", re.MULTILINE)
        return unused[name] < sum(1 for text in scripts if declared.search(text))

    return [line for line in findings if not is_used_elsewhere(line)]


if __name__ == "__main__":
    sys.exit(main())
