"""Runs the benchmark harness, and collects what it prints."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.acceptance import Comparison

PEERS = Path(__file__).parent / "peers.toml"


@dataclass(slots=True)
class Measured:
    """What one comparison gave, by the peer's name as it was asked for."""

    metrics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    busiest_percent: float = 0.0
    """How busy others kept the machine at worst, just before a measurement."""
    spin_ms: list[float] = field(default_factory=list)
    """How long the same loop took before each measurement: the speed of the cores."""

    def median(self, peer: str, metric: str) -> float | None:
        values = [found[metric] for found in self.metrics.get(peer, []) if metric in found]
        return statistics.median(values) if values else None

    def note(self, peer: str, line: dict[str, Any]) -> None:
        """Take in one line of the harness."""
        self.busiest_percent = max(self.busiest_percent, line["busy_before_percent"])
        self.spin_ms.append(line["spin_ms"])
        if versions := line.get("versions"):
            self.versions[peer] = " ".join(next(iter(versions.items())))  # its own comes first
        if "error" in line:
            self.errors[peer] = line["error"]
        else:
            self.metrics.setdefault(peer, []).append(line["metrics"])


def compare(harness: Path, comparison: Comparison, rounds: int, server: str) -> Measured:
    """Take the peers through a workload in turns; the harness' lines go to stderr as they come."""
    command = [sys.executable, str(harness / "bench.py"), "compare", "--server", server]
    command += ["--peers", ",".join(comparison.everyone), "--workload", comparison.workload]
    command += ["--jobs", str(comparison.jobs), "--rounds", str(rounds)]
    # The harness' folder may be read-only.
    environment = os.environ | {"BENCH_PEERS": str(PEERS), "PYTHONDONTWRITEBYTECODE": "1"}
    measured = Measured()
    turns = iter(comparison.everyone * rounds)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                print(line, end="", file=sys.stderr, flush=True)
                measured.note(next(turns), json.loads(line))
    if process.returncode:
        raise SystemExit(f"the harness failed: {' '.join(command)}")
    return measured
