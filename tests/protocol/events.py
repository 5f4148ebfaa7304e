"""What can happen to a pool: each event is a few commands of one kind, as chance has it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.protocol import drawing
from tests.protocol.bench import Bench
from tests.protocol.coordinators import Coordinators
from tests.protocol.crew import Crew
from tests.protocol.network import Network
from tests.protocol.office import Office
from tests.protocol.planners import Planners
from tests.protocol.runner import Runner

CLOSEST_SWEEPS_MS = 2900


class World:
    """A pool, its network, and all who use it."""

    def __init__(self, runner: Runner) -> None:
        self.bench = Bench(runner)
        self.network = Network(self.bench)
        self.crew = Crew(self.network)
        self.office = Office(self.network)
        self.coordinators = Coordinators(self.network)
        self.planners = Planners(self.network)


def workers_work(world: World, chance: Random) -> None:
    for _ in range(chance.randint(1, 4)):
        world.crew.exchange(chance)


def workers_finish(world: World, chance: Random) -> None:
    for _ in range(3):
        world.crew.finish(chance)


def connections_come_and_go(world: World, chance: Random) -> None:
    world.crew.connect(chance)


def producers_submit(world: World, chance: Random) -> None:
    world.office.submit(chance)
    world.crew.hear(chance)


def users_change_their_minds(world: World, chance: Random) -> None:
    chance.choice([world.office.cancel, world.office.resubmit])(chance)


def clients_wait(world: World, chance: Random) -> None:
    world.office.wait(chance)


def workers_come_and_go(world: World, chance: Random) -> None:
    chance.choice([world.crew.join_any, world.crew.leave])(chance)


def workers_hand_back(world: World, chance: Random) -> None:
    world.crew.release(chance)


def workers_report(world: World, chance: Random) -> None:
    world.crew.report(chance)
    for worker in drawing.some(chance, world.crew.workers):
        world.crew.beat(worker, chance)


def idle_workers_take_markers(world: World, chance: Random) -> None:
    for job_class in drawing.some(chance, sorted(world.bench.model.classes)):
        world.bench.pop_marker(job_class)


def messages_arrive_late_and_twice(world: World, chance: Random) -> None:
    world.network.deliver_late(chance)
    world.network.deliver_again(chance)


def the_clock_jumps(world: World, chance: Random) -> None:
    world.bench.tick(chance.choice(drawing.TICKS_MS))
    if chance.random() < 0.5:
        world.network.carry(world.bench.post.recover(), chance)


def a_host_is_lost(world: World, chance: Random) -> None:
    """A worker goes without a word, or seems to; others keep their leases meanwhile."""
    if chance.random() < 0.7:
        world.crew.lose(chance)
    for _ in range(chance.randint(3, 6)):
        world.bench.tick(CLOSEST_SWEEPS_MS)
        for worker in world.crew.workers[1:]:
            world.crew.beat(worker, chance)
        world.network.carry(world.bench.post.recover(), chance)


def sweeps_run(world: World, chance: Random) -> None:
    post = world.bench.post
    world.network.carry(chance.choice([post.promote, post.repair])(), chance)
    world.bench.tick(chance.choice([0, 0, 20_000, 61_000]))
    world.bench.trim(chance.choice([1, 2, 100]))


def settings_change(world: World, chance: Random) -> None:
    world.office.control(chance)


def coordinators_tell(world: World, chance: Random) -> None:
    world.coordinators.carry_out_some(chance)
    if chance.random() < 0.3:
        world.coordinators.give_up_orphans(chance)


def graphs_run_again(world: World, chance: Random) -> None:
    world.coordinators.run_again(chance)


def workflows_are_put_together(world: World, chance: Random) -> None:
    for _ in range(chance.randint(1, 3)):
        world.planners.act(chance)


Event = Callable[[World, Random], None]

WEIGHTS: Final[dict[Event, int]] = {
    workers_work: 10,
    workers_finish: 3,
    producers_submit: 7,
    users_change_their_minds: 4,
    clients_wait: 1,
    workers_come_and_go: 3,
    connections_come_and_go: 1,
    workers_hand_back: 2,
    workers_report: 4,
    idle_workers_take_markers: 2,
    messages_arrive_late_and_twice: 2,
    the_clock_jumps: 3,
    a_host_is_lost: 2,
    sweeps_run: 1,
    coordinators_tell: 7,
    graphs_run_again: 1,
    workflows_are_put_together: 5,
    settings_change: 3,
}
EVENTS: Final = {event.__name__: event for event in WEIGHTS}
"""The events by their names, as a failure tells them."""
