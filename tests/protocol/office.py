"""Who submits tasks, changes their mind, waits for results and controls the pool."""

from __future__ import annotations

from random import Random

from tests.protocol import drawing
from tests.protocol.network import Network

MOST_LIVE = 30


class Office:
    """The producers, users and administrators of a run."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._bench = network.bench
        self._post = network.bench.post
        self._serial = 0

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def submit(self, chance: Random) -> None:
        """A producer submits a few tasks."""
        if len(self._bench.model.live()) > MOST_LIVE:
            return
        tasks = [
            drawing.submission(
                chance,
                self._next_serial(),
                self._bench.model.now,
                self._bench.keys.pool,
                list(self._bench.model.tasks),
            )
            for _ in range(chance.choice([1, 1, 1, 2, 3, 4]))
        ]
        if len(tasks) == 1 and chance.random() < 0.7:
            tasks = [drawing.due_at_once(tasks[0])]
        message = self._post.enqueue(tasks, existing=chance.random() < 0.5)
        self._network.carry(message, chance)

    def cancel(self, chance: Random) -> None:
        """A user cancels a task, rather one that has started."""
        started = [task.id for task in self._bench.model.tasks.values() if task.started_at]
        task_id = chance.choice([*drawing.IDS, *self._bench.model.tasks, *started])
        self._network.carry(self._post.cancel(task_id, self._epoch(chance, task_id)), chance)

    def resubmit(self, chance: Random) -> None:
        """A user resubmits a task, rather one that has ended."""
        ended = [task.id for task in self._bench.model.tasks.values() if task.state.terminal]
        task_id = chance.choice([*ended, chance.choice(drawing.IDS)])
        epoch, token = self._epoch(chance, task_id), f"r{self._next_serial()}".encode()
        any_state, beyond = chance.choice(
            [(True, False)] * 3 + [(False, False)] * 4 + [(True, True)]
        )
        message = self._post.resubmit(task_id, epoch, token, any_state=any_state, beyond=beyond)
        self._network.carry(message, chance)

    def _epoch(self, chance: Random, task_id: str) -> int:
        """One that a user may have seen, 0 for whatever it is now."""
        task = self._bench.model.tasks.get(task_id)
        return chance.choice([0, 0, task.epoch, task.ended, task.epoch - 1] if task else [0, 1])

    def wait(self, chance: Random) -> None:
        """A client waits for tasks, and perhaps reads what it was told."""
        client = chance.choice(drawing.CLIENTS)
        for task_id in drawing.some(chance, [*drawing.IDS, *self._bench.model.tasks]):
            self._network.carry(self._post.wait(task_id, client), chance)
        if chance.random() < 0.5:
            self._bench.read_inbox(client)

    def change_settings(self, chance: Random) -> None:
        """Somebody changes the pool."""
        limits = drawing.job_limits(chance, 0.5)
        message = self._post.control(drawing.setting(chance), job_limits=limits)
        self._network.carry(message, chance)

    def pause(self, chance: Random) -> None:
        """The cluster is paused or resumed, and the pool told, perhaps late."""
        paused = chance.random() < 0.3
        version = self._bench.pause_cluster(paused)
        message = self._post.control({"paused": int(paused)}, version=version)
        self._network.carry(message, chance)

    def control(self, chance: Random) -> None:
        """Somebody changes the pool, or the cluster."""
        chance.choice([self.change_settings, self.change_settings, self.pause])(chance)
