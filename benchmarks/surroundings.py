"""Where the harness is, and what a measurement was made on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def find_harness() -> Path:
    named = os.environ.get("BENCH_HARNESS")
    if not named or not (folder := Path(named).resolve()).joinpath("bench.py").is_file():
        raise SystemExit("set BENCH_HARNESS to the folder of the harness (it holds bench.py)")
    if not os.environ.get("BENCH_ENVIRONMENTS"):
        raise SystemExit("set BENCH_ENVIRONMENTS to the folder that `bench.py setup` filled")
    return folder


def surroundings(binary: str, rounds: int) -> str:
    asked = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    server = " ".join(asked.stdout.split()[:3])
    cores, python = os.cpu_count(), platform.python_version()
    return f"Medians of {rounds} rounds on {cores} cores, Python {python}, {server}."
