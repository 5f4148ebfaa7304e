"""What `skedulr up` shows: where everything is, a live line of counts, logs, a summary."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from rich.live import Live
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.output import Output
from skedulr.cli.plain import visible
from skedulr.cli.up.pulse import Pulse

PLAIN_EVERY: Final = 5.0
"""Seconds between two lines of counts where there is no screen to keep one up to date."""


class Screen:
    """The terminal, or the file that stands in for it."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._began = time.monotonic()
        self._plain_last = (0.0, "")
        self._has_worked = False
        self._live: Live | None = None
        self._open = ExitStack()

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks on."""
        return self._out.is_terminal and not self._out.is_json

    def places(self, title: str, facts: Mapping[str, object], advice: Iterable[str]) -> None:
        """Say where everything is."""
        self._out.say("", looks.heading(title), looks.facts(facts), *map(Text, advice), "")

    def begin_counts(self) -> None:
        """From now on, keep a line of counts below everything else."""
        if self.is_terminal:
            self._live = Live(console=self._out.console, refresh_per_second=4, transient=True)
            self._open.enter_context(self._live)

    def counts(self, pulse: Pulse) -> None:
        """Show the newest counts."""
        line = self._line(pulse)
        if self._live is not None:
            self._live.update(line)
            return
        at, shown = self._plain_last
        said = looks.counts(pulse.counts).plain
        if time.monotonic() - at >= PLAIN_EVERY and said != shown:
            self._plain_last = time.monotonic(), said
            self._out.say(line)

    def end_counts(self, pulse: Pulse) -> None:
        """Let the line stand as it was last."""
        self.close()
        self._out.say(looks.counts(pulse.counts))

    def close(self) -> None:
        """Give the terminal back."""
        self._open.close()
        self._live = None

    def logged(self, role: str, lines: Iterable[str]) -> None:
        """Show what a role has logged."""
        for line in lines:
            self._out.say(Text.assemble((f"{role} | ", "bright_black"), visible(line)))

    def tell(self, text: str, style: str = "") -> None:
        """Say something that the user should know."""
        self._out.say(Text(visible(text), style))

    def _line(self, pulse: Pulse) -> Text:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        if not pulse.reachable:
            return Text("Redis does not answer; everything goes on once it does.", "yellow")
        self._has_worked |= pulse.workers > 0
        waiting = "" if self._has_worked else "   no worker yet"
        return Text.assemble(
            looks.counts(pulse.counts),
            (f"   {pulse.a_second:,.0f}/s", "bold"),
            (f"   up {minutes}:{seconds:02}{waiting}", "bright_black"),
        )
