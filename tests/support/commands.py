"""Running the command line as a real process, and what it answered."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.support.spawning import ROOT

_LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        assert not self.code, str(self)
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines on standard output."""
        return self.out.splitlines()

    def __str__(self) -> str:
        return f"`{self.command}` ended with {self.code}\n{self.out}\n{self.err}"


def run_skedulr(*args: str, **environment: str) -> Answer:
    """Run `skedulr` with these arguments; the environment names no cluster unless it is given."""
    # An empty variable counts as none.
    nothing = dict.fromkeys(("SKEDULR_REDIS_URL", "SKEDULR_NAMESPACE", "SKEDULR_DATA"), "")
    done = subprocess.run(
        [sys.executable, "-m", "skedulr", *args],
        cwd=ROOT,
        env={**os.environ, **nothing, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )
    answer = Answer(
        f"skedulr {' '.join(args)}",
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )
    assert "Traceback" not in answer.err, str(answer)
    return answer
