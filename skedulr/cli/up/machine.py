"""Everything on this machine: started in order, tended, shown, and ended in order."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import skedulr
from skedulr.cli.cluster import Cluster, enter
from skedulr.cli.exits import DONE, FAILED, INTERRUPTED
from skedulr.cli.home import Home
from skedulr.cli.output import Output
from skedulr.cli.own_name import own_name
from skedulr.cli.up.crew import Crew, Member
from skedulr.cli.up.interrupts import Interrupts
from skedulr.cli.up.plan import Wishes, settle
from skedulr.cli.up.pulse import Pulses
from skedulr.cli.up.redis import OwnRedis, check
from skedulr.cli.up.role import Role, listens
from skedulr.cli.up.screen import Screen
from skedulr.cli.up.show import Show
from skedulr.embedded.ports import HOST
from skedulr.views import documents

TURN: Final = 0.1
READY_WITHIN: Final = 15.0
ENDS_WITHIN: Final = 5.0
"""Seconds beyond the grace that the roles get to end."""


class Machine:
    """One `skedulr up`, from its start to its end."""

    def __init__(self, wishes: Wishes, out: Output) -> None:
        self._wishes = wishes
        self._out = out
        self._screen = Screen(out)
        self._plan = settle(wishes)
        self._own = OwnRedis(wishes) if self._plan.redis is None else None
        self._roles: list[Role] = []
        self._show: Show | None = None
        self._interrupts = Interrupts()

    def run(self) -> int:
        """Run until it is to end, and answer the exit code."""
        with self._interrupts.heard(), ExitStack() as end:
            end.callback(self._end)
            cluster = self._begin()
            app = cluster.app()
            end.callback(app.close)
            pulses = Pulses(app)
            self._work(pulses)
            self._stop(pulses)
        return self._conclude(cluster, pulses)

    # --- beginning

    def _begin(self) -> Cluster:
        cluster = self._open_redis()
        enter(cluster)
        self._roles = list(self._make_roles())
        members: list[Member] = [*([self._own] if self._own else []), *self._roles]
        self._crew = Crew(members, lambda text: self._screen.tell(text, "yellow"))
        for role in self._roles:
            role.start()
        self._crew.watch()
        self._await_coordinator()
        self._interrupts.only_counted()
        self._screen.places(*self._places(cluster))
        if self._wishes.demo:
            self._show = Show(self._wishes.home, goes_on=not self._ends_by_itself)
            self._show.start()
        self._screen.begin_counts()
        return cluster

    def _open_redis(self) -> Cluster:
        if self._own is None:
            cluster = Cluster(str(self._plan.redis), self._plan.namespace)
            check(cluster)
            return cluster
        self._own.start()
        self._wishes.home.remember(self._plan.namespace)
        return Cluster(self._own.server.url, self._plan.namespace)

    def _make_roles(self) -> Iterator[Role]:
        logs = self._wishes.home.logs
        port = self._plan.coordinator_port
        if port is not None:
            where = {"SKEDULR_HOST": HOST, "SKEDULR_PORT": str(port)}
            yield Role(
                "coordinator", "skedulr_coordinator", logs / "coordinator.log", environment=where
            )
        if self._plan.target and self._wishes.workers:
            options = [
                f"--processes={self._wishes.workers}",
                f"--grace={self._wishes.grace:g}s",
                self._plan.target,
            ]
            yield Role("worker", "skedulr_worker", logs / "worker.log", arguments=options)

    def _await_coordinator(self) -> None:
        """Its address is shown once it can be used; one that is slow is shown all the same."""
        port = self._plan.coordinator_port
        until = time.monotonic() + READY_WITHIN
        while port is not None and not listens(port) and time.monotonic() < until:
            self._crew.tend()
            time.sleep(TURN)

    # --- at work

    @property
    def _ends_by_itself(self) -> bool:
        return self._wishes.once or (self._wishes.demo and not self._screen.is_terminal)

    def _work(self, pulses: Pulses) -> None:
        """Tend everything until the user, or the work itself, is at an end."""
        told = False
        while not self._interrupts.count:
            self._crew.tend()
            self._follow_logs()
            if pulse := pulses.due():
                self._screen.counts(pulse)
            if self._show and self._show.report and not told and not self._ends_by_itself:
                told = True
                self._tell_summary()
            if self._ends_by_itself and self._is_done(pulses):
                return
            time.sleep(TURN)

    def _is_done(self, pulses: Pulses) -> bool:
        if self._show:
            return self._show.is_over
        last = pulses.last
        return last.workers > 0 and last.is_idle

    def _follow_logs(self) -> None:
        for role in self._roles:
            lines = role.log.news()
            if self._wishes.show_logs:
                self._screen.logged(role.name, lines)

    # --- ending

    def _stop(self, pulses: Pulses) -> None:
        """End the producer, then the roles: in order, or at once when the user insists."""
        if self._show:
            self._show.stop()
        for role in self._roles:
            role.ask_to_stop()
        if self._interrupts.count and self._screen.is_terminal:
            self._screen.tell("Ending: running tasks finish. Ctrl-C again ends at once.", "yellow")
        until = time.monotonic() + self._wishes.grace + ENDS_WITHIN
        while any(role.is_running() for role in self._roles):
            if self._interrupts.count > 1 or time.monotonic() > until:
                break
            self._follow_logs()
            time.sleep(TURN / 2)
        self._follow_logs()
        self._screen.end_counts(pulses.take())

    def _end(self) -> None:
        """Leave nothing running, whatever came before."""
        self._screen.close()
        if self._show:
            self._show.stop()
        for role in self._roles:
            role.kill()
        for role in self._roles:
            role.end()
        if self._own:
            self._own.stop()

    def _conclude(self, cluster: Cluster, pulses: Pulses) -> int:
        if self._show and (self._ends_by_itself or self._show.problem):
            self._tell_summary()
        document = {
            "namespace": cluster.namespace,
            "redis": cluster.shown,
            "data": str(self._wishes.home.path),
            "counts": documents.of_counts(pulses.last.counts),
            "demo": self._show and self._show.document(),
        }
        self._out.show(document, list)
        if self._interrupts.count > 1:
            return INTERRUPTED
        return FAILED if self._show and not self._show.succeeded else DONE

    # --- words

    def _tell_summary(self) -> None:
        assert self._show is not None
        if self._show.report:
            self._screen.places("What was done", dict(self._show.report.lines()), [])
            for problem in self._show.report.problems:
                self._screen.tell(problem, "red")
        if self._show.problem:
            self._screen.tell(self._show.problem, "red")

    def _places(self, cluster: Cluster) -> tuple[str, dict[str, object], list[str]]:
        plan, home = self._plan, self._wishes.home
        port = plan.coordinator_port
        me = own_name()
        elsewhere = "" if home.path == Home().path else f" --data {shlex.quote(str(home.path))}"
        facts: dict[str, object] = {
            "Redis": cluster.shown + (" (a private Valkey)" if self._own else ""),
            "coordinator": f"http://{HOST}:{port}"
            if port is not None
            else 'not installed: pip install "skedulr[coordinator]"',
            "worker": f"{plan.target} in {_processes(self._wishes.workers)}"
            if plan.target
            else f"none: `{me} worker MODULE:APP{elsewhere}` joins in",
            "namespace": plan.namespace,
            "data": home.path if self._own else None,
            "logs": home.logs,
            "look": f"{me} status{elsewhere}; {me} tasks{elsewhere}",
        }
        if self._own:
            password = f'REDISCLI_AUTH="$({me} url --password{elsewhere})"'
            facts["redis-cli"] = f"{password} redis-cli -p {self._own.server.port}"
        ending = "The demo ends by itself." if self._ends_by_itself else "Ctrl-C ends everything."
        kept = " Tasks stay in the data folder." if self._own else ""
        return f"skedulr {skedulr.__version__} is up", facts, ["", ending + kept]


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
