"""Commands on their way: what is sent, what the model says to it, and who reads the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skedulr import commands
from skedulr.commands import Ack, Bond, Command, Entry, Mark, Submission, Tie, Told
from skedulr.dependencies.triggers import Event
from skedulr.keys import PoolKeys
from tests.protocol import flows, links, producers, sweeps, workers
from tests.protocol.entities import JobClass
from tests.protocol.model import Model
from tests.protocol.snapshot import unpacked_each

Claims = Sequence[tuple[str, int]]


def _unread(reply: Any) -> None:
    """Nobody waits for the reply."""


@dataclass(frozen=True)
class Message:
    """A command that may arrive now, late, twice or again much later."""

    title: str
    command: Command[Any]
    predict: Callable[[Model], Any]
    """What the reply has to be; it also makes the move in the model."""
    read: Callable[[Any], None] = _unread
    """What the sender does with the reply, if it gets there."""
    comparable: Callable[[Any], Any] = lambda reply: reply
    """The reply without what the rules leave open."""

    def __repr__(self) -> str:
        return self.title


class Post:
    """Writes the messages of one pool."""

    def __init__(self, keys: PoolKeys) -> None:
        self.keys = keys

    def enqueue(self, tasks: Sequence[Submission], *, existing: bool) -> Message:
        ids = ", ".join(task.id for task in tasks)
        return Message(
            f"enqueue {ids}",
            commands.enqueue(self.keys, tasks, existing=existing),
            lambda model: producers.enqueue(model, tasks, existing=existing),
        )

    def cancel(self, task_id: str, epoch: int) -> Message:
        return Message(
            f"cancel {task_id} of {epoch}",
            commands.cancel(self.keys, task_id, epoch),
            lambda model: producers.cancel(model, task_id, epoch),
        )

    def resubmit(
        self, task_id: str, epoch: int, token: bytes, *, any_state: bool, beyond: bool
    ) -> Message:
        return Message(
            f"resubmit {task_id} of {epoch} as {token.decode()}{', beyond' if beyond else ''}",
            commands.resubmit(self.keys, task_id, epoch, token, any_state=any_state, beyond=beyond),
            lambda model: producers.resubmit(
                model, task_id, epoch, token, any_state=any_state, beyond=beyond
            ),
        )

    def wait(self, task_id: str, client: str) -> Message:
        return Message(
            f"{client} waits for {task_id}",
            commands.wait(self.keys, task_id, client),
            lambda model: producers.wait(model, task_id, client),
            comparable=_ending_with_history,
        )

    def join(
        self,
        name: str,
        job_class: JobClass,
        *,
        lease_ms: int,
        slots: int,
        job_limits: Mapping[str, int],
    ) -> Message:
        command = commands.join(
            self.keys, name, job_class.jobs, lease_ms=lease_ms, slots=slots, job_limits=job_limits
        )
        args = (name, job_class.name, job_class.text, *command.args[3:])
        return Message(
            f"{name} joins as {job_class.text} with limits {job_limits}",
            command._replace(args=args),
            lambda model: workers.join(model, name, job_class, lease_ms, slots, job_limits),
        )

    def exchange(
        self,
        name: str,
        number: int,
        free: int,
        acks: Sequence[Ack],
        read: Callable[[Any], None] = _unread,
    ) -> Message:
        ended = ", ".join(f"{ack.id}@{ack.epoch} {ack.state.label}" for ack in acks)
        return Message(
            f"{name} exchanges {number}: {free} free, ends [{ended}]",
            commands.exchange(self.keys, name, number, free, acks),
            lambda model: workers.exchange(model, name, number, free, acks),
            read,
        )

    def beat(
        self, name: str, upto: int, holding: Claims, read: Callable[[Any], None] = _unread
    ) -> Message:
        return Message(
            f"{name} beats up to {upto}, holding {list(holding)}",
            commands.beat(self.keys, name, upto, holding),
            lambda model: workers.beat(model, name, upto, holding),
            read,
            comparable=_beat_in_order,
        )

    def release(self, name: str, claims: Claims) -> Message:
        return Message(
            f"{name} releases {list(claims)}",
            commands.release(self.keys, name, claims),
            lambda model: workers.release(model, name, claims),
        )

    def leave(
        self,
        name: str,
        *,
        crashed: bool = False,
        lost: bool = False,
        problem: bytes = b"",
        guilty: Sequence[str] = (),
    ) -> Message:
        return Message(
            f"{name} {'is lost' if lost else 'crashed' if crashed else 'leaves'}",
            commands.leave(
                self.keys, name, crashed=crashed, lost=lost, problem=problem, guilty=guilty
            ),
            lambda model: workers.leave(
                model, name, crashed=crashed, lost=lost, problem=problem, guilty=guilty
            ),
        )

    def progress(self, reports: Sequence[tuple[str, int, bytes]]) -> Message:
        return Message(
            f"progress {reports}",
            commands.progress(self.keys, reports),
            lambda model: workers.progress(model, reports),
        )

    def log(self, lines: Sequence[tuple[str, int, int, Sequence[bytes]]]) -> Message:
        return Message(
            f"log {lines}", commands.log(self.keys, lines), lambda model: workers.log(model, lines)
        )

    def link(self, bonds: Sequence[Bond]) -> Message:
        pairs = ", ".join(f"{bond.child} to {bond.parent_id}" for bond in bonds)
        return Message(
            f"link {pairs}",
            commands.link(self.keys, bonds),
            lambda model: links.link(model, bonds),
        )

    def trigger(self, told: Sequence[Told]) -> Message:
        said = ", ".join(f"{t.child_id}: {t.parent}@{t.epoch} is {t.state}" for t in told)
        return Message(
            f"trigger {said}",
            commands.trigger(self.keys, told),
            lambda model: links.trigger(model, told),
        )

    def settle(self, events: Sequence[Event]) -> Message:
        ended = [(event.id, event.epoch) for event in events if event.kind == "ended"]
        entries = [event.entry for event in events]
        facts = [(event.kind, event.id, event.epoch) for event in events]
        return Message(
            f"settle {facts}",
            commands.settle(self.keys, entries, ended),
            lambda model: links.settle(model, entries, facts),
        )

    def abandon(self, parents: Sequence[str]) -> Message:
        return Message(
            f"abandon {parents}",
            commands.abandon(self.keys, parents),
            lambda model: links.abandon(model, parents),
        )

    def hang(
        self, task_id: str, token: bytes, more: Sequence[Tie], fewer: Sequence[str], *, whole: bool
    ) -> Message:
        return Message(
            f"hang {task_id} of {token!r} on {list(more)}, not on {list(fewer)}, whole: {whole}",
            commands.hang(self.keys, task_id, token, more, fewer, whole=whole),
            lambda model: links.hang(model, task_id, token, more, fewer, whole=whole),
        )

    def rewind(
        self, task_id: str, epoch: int, token: bytes, anew: Sequence[tuple[str, int]]
    ) -> Message:
        return Message(
            f"rewind {task_id} of {epoch} as {token.decode()} for {anew}",
            commands.rewind(self.keys, task_id, epoch, token, anew),
            lambda model: links.rewind(model, task_id, epoch, token, anew),
        )

    def begin(
        self, flow_id: str, addition: bytes, entries: Sequence[Entry], title: str | None
    ) -> Message:
        names = [entry.name for entry in entries]
        return Message(
            f"begin {names} of {flow_id} as {addition!r}, titled {title}",
            commands.begin(self.keys, flow_id, addition, entries, title=title),
            lambda model: flows.begin(model, flow_id, addition, entries, title),
        )

    def renew(self, flow_id: str, addition: bytes) -> Message:
        return Message(
            f"renew {addition!r} of {flow_id}",
            commands.renew(self.keys, flow_id, addition),
            lambda model: flows.renew(model, flow_id, addition),
        )

    def seal(self, flow_id: str, addition: bytes) -> Message:
        return Message(
            f"seal {addition!r} of {flow_id}",
            commands.seal(self.keys, flow_id, addition),
            lambda model: flows.seal(model, flow_id, addition),
        )

    def forsake(
        self, flow_id: str, addition: bytes, names: Sequence[str], overdue: bool
    ) -> Message:
        return Message(
            f"forsake {addition!r} of {flow_id}, {list(names)} never came, overdue: {overdue}",
            commands.forsake(self.keys, flow_id, addition, names, overdue=overdue),
            lambda model: flows.forsake(model, flow_id, addition, names, overdue=overdue),
        )

    def mark(self, marks: Sequence[Mark]) -> Message:
        told = ", ".join(f"{m.node} of {m.workflow_id}@{m.epoch} is {m.stands}" for m in marks)
        return Message(
            f"mark {told}",
            commands.mark(self.keys, marks),
            lambda model: flows.mark(model, marks),
        )

    def recover(self) -> Message:
        return Message("recover", commands.recover(self.keys), sweeps.recover)

    def promote(self) -> Message:
        return Message("promote", commands.promote(self.keys), sweeps.promote)

    def repair(self) -> Message:
        return Message("repair", commands.repair(self.keys), sweeps.repair)

    def control(
        self,
        changes: Mapping[str, int],
        *,
        version: int = 0,
        job_limits: Mapping[str, int] | None = None,
    ) -> Message:
        limits = dict(job_limits or {})
        return Message(
            f"control {dict(changes)} {limits} version {version}",
            commands.control(self.keys, changes, version=version, job_limits=limits),
            lambda model: sweeps.control(model, changes, version, limits),
        )


def _ending_with_history(reply: Any) -> Any:
    if isinstance(reply, tuple) and isinstance(reply[0], tuple):
        ending, problems = reply
        return ending, [tuple(problem) for problem in problems]
    problems = [tuple(entry) for entry in unpacked_each(reply.attempts)]
    return reply._replace(attempts=b""), problems


def _beat_in_order(reply: Any) -> Any:
    return reply._replace(lost=sorted(reply.lost), cancelled=sorted(reply.cancelled))
