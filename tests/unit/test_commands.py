"""Commands as plain values: what is sent to each script, and how its replies are read."""

import inspect
from typing import Any

import msgpack
import pytest

from skedulr import commands, lua
from skedulr.commands import (
    Ack,
    Beat,
    Bond,
    Claim,
    Command,
    Ending,
    Exchanged,
    Mark,
    On,
    Refusal,
    Standing,
    Submission,
    Tie,
    Told,
)
from skedulr.keys import RegistryKeys, pool_keys
from skedulr.record import INLINE_LIMIT, sealed
from skedulr.states import State

KEYS = pool_keys("shop", "mail")
REGISTRY = RegistryKeys("shop")
DECLARATION = commands.Declaration(
    "nightly", "user", "digest", b"\xff", b"\xff", "allow", "job", 0, "", "", 0, 0, b"\xff body"
)
FIRING = commands.Firing("nightly", 7, 1000, 1000, 1000, 2000)
TASK = Submission("a", "job", 0, "", "", b"\xff", 0, 0, 0, 0, b"\xff body")

EXAMPLES: dict[str, Command[Any]] = {
    "enqueue": commands.enqueue(KEYS, [TASK]),
    "cancel": commands.cancel(KEYS, "a", 7),
    "resubmit": commands.resubmit(KEYS, "a", 7, b"again"),
    "wait": commands.wait(KEYS, "a", "client"),
    "exchange": commands.exchange(KEYS, "w1", 1, 10, [Ack("a", 7)]),
    "join": commands.join(KEYS, "w1", ["job"], lease_ms=15_000, slots=10),
    "beat": commands.beat(KEYS, "w1", 1, [("a", 7)]),
    "release": commands.release(KEYS, "w1", [("a", 7)]),
    "leave": commands.leave(KEYS, "w1", crashed=True, problem=b"p"),
    "progress": commands.progress(KEYS, [("a", 7, b"half")]),
    "log": commands.log(KEYS, [("a", 7, 0, [b"line"])]),
    "recover": commands.recover(KEYS),
    "promote": commands.promote(KEYS),
    "trim": commands.trim(KEYS),
    "repair": commands.repair(KEYS),
    "schedule": commands.schedule(KEYS, [DECLARATION]),
    "unschedule": commands.unschedule(KEYS, "nightly", 7),
    "pause_schedule": commands.pause_schedule(KEYS, "nightly", stop=True),
    "fire": commands.fire(KEYS, [FIRING]),
    "run_now": commands.run_now(KEYS, "nightly", "nightly@1"),
    "control": commands.control(KEYS, {"limit": 5}),
    "pause": commands.pause(REGISTRY, True),
    "link": commands.link(KEYS, [Bond("p", "pool/a", b"token", On.SUCCESS, 1)]),
    "trigger": commands.trigger(KEYS, [Told("a", b"token", "pool/p", 7, State.FAILED)]),
    "settle": commands.settle(KEYS, [b"1-1"], [("p", 7)]),
    "abandon": commands.abandon(KEYS, ["p"]),
    "hang": commands.hang(KEYS, "a", b"token", [Tie("pool/p", On.END, 6, 1)], whole=True),
    "rewind": commands.rewind(KEYS, "a", 7, b"again", [("pool/p", 6)]),
    "begin": commands.begin(
        KEYS, "f", b"token", [commands.Entry("pool/a", b"token", b"node")], title="nightly"
    ),
    "renew": commands.renew(KEYS, "f", b"token"),
    "seal": commands.seal(KEYS, "f", b"token"),
    "forsake": commands.forsake(KEYS, "f", b"token", ["pool/a"], overdue=True),
    "mark": commands.mark(KEYS, [Mark("f", "pool/a", 7, State.SUCCEEDED, b"token")]),
    "report": commands.report(REGISTRY, "host-1.abc", b"report", 1000),
}


def read(name: str, reply: Any) -> Any:
    """What a command makes of a reply."""
    return EXAMPLES[name].parse(reply)


def unpacked(argument: Any) -> Any:
    """What a script reads out of an argument."""
    return msgpack.unpackb(argument, raw=True)


# --- what is sent --------------------------------------------------------------------------------


def test_there_is_one_command_for_each_script() -> None:
    assert sorted(EXAMPLES) == lua.names()
    assert all(name in commands.__all__ for name in lua.names())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_command_sends_the_keys_and_arguments_that_its_script_declares(name: str) -> None:
    command, script = EXAMPLES[name], lua.load(name)

    assert command.script == name
    assert len(command.keys) == len(script.keys)
    for declared, sent in zip(script.keys, command.keys, strict=True):
        assert sent.decode().split("}:")[1].split(":")[0] == declared.split("_")[0]
    tail = {"enqueue": 4, "schedule": 1, "fire": 1}.get(name, 0)  # of the one that is sent
    assert len(command.args) == len(script.arguments) + tail


def test_what_a_script_cannot_read_is_never_sent() -> None:
    """Lua's cmsgpack knows neither bin nor ext types: they begin with these bytes."""
    for command in EXAMPLES.values():
        for argument in command.args:
            assert isinstance(argument, bytes | str | int)
            assert not isinstance(argument, bool)
    *_, record, _wish = EXAMPLES["enqueue"].args
    assert str(record).endswith(r"\xff body'")


def test_a_plain_task_is_sent_as_its_record_and_no_wish() -> None:
    task = Submission("a", "job", 7, "", "acme", b"", 0, 0, 0, 60_000, b"body")

    _, *sent = commands.enqueue(KEYS, [task]).args

    record = sealed("job", group="acme", priority=7, ttl=60_000)
    assert sent == ["a", 7, record + b"body", b""]


def test_what_the_script_has_to_look_at_is_sent_beside_the_record() -> None:
    task = Submission("a", "job", 7, "key", "", b"token", 1, 2, 3, 0, b"body")

    _, *sent = commands.enqueue(KEYS, [task]).args

    record = sealed("job", key="key", token=b"token", priority=7)
    assert sent[:3] == ["a", 7, record + b"body"]
    assert unpacked(sent[3]) == [b"key", b"token", 1, 2, 3, b""]


def test_a_large_body_is_sent_beside_the_record() -> None:
    body = b"x" * (INLINE_LIMIT + 1)
    task = Submission("a", "job", 0, "", "", b"", 0, 0, 0, 0, body)

    _, *sent = commands.enqueue(KEYS, [task]).args

    assert sent[:3] == ["a", 0, sealed("job", spilled=True)]
    assert unpacked(sent[3]) == [b"", b"", 0, 0, 0, body]


def test_a_plain_success_is_sent_as_two_values() -> None:
    acks = [Ack("a", 7), Ack("b", 8, result=b"r"), Ack("c", 9, State.FAILED)]
    command = commands.exchange(KEYS, "w1", 1, 10, acks)

    assert unpacked(command.args[3]) == [
        [b"a", 7],
        [b"b", 8, State.SUCCEEDED, b"r", b"", 0, b"", b""],
        [b"c", 9, State.FAILED, b"", b"", 0, b"", b""],
    ]


def test_claims_are_sent_flat() -> None:
    claims = iter([("a", 7), ("b", 8)])

    assert unpacked(commands.release(KEYS, "w1", claims).args[1]) == [b"a", 7, b"b", 8]


def test_instances_that_know_the_same_jobs_are_of_one_class_in_whatever_order() -> None:
    name, text = commands.job_class(["b", "a"])

    assert text == "1 any /a/b/"
    assert commands.job_class(iter(["a", "b"])) == (name, text)
    assert commands.job_class(["a", "b"], solo=True)[1] == "1 solo /a/b/"
    names = {commands.job_class(jobs)[0] for jobs in (["a"], ["b"], ["a", "b"], [])}
    assert len(names) == 4
    assert all(len(each) == 12 for each in names)


def test_every_command_says_what_it_does() -> None:
    for name in lua.names():
        assert inspect.getdoc(getattr(commands, name))


# --- how replies are read ------------------------------------------------------------------------


def test_refusals_are_counted_from_zero() -> None:
    assert read("enqueue", []) == []
    assert read("enqueue", [1, b"same", b"a", 3, b"full", 10]) == [
        Refusal(0, "same", "a"),
        Refusal(2, "full", "10"),
    ]


def test_the_standing_of_a_task() -> None:
    assert read("cancel", [b"requested", 4, 7]) == Standing("requested", State.RUNNING, 7)
    assert read("cancel", [b"missing", 0, 0]) == Standing("missing", None, 0)
    assert read("resubmit", [b"duplicate_key", 7, 9, b"b"]) == Standing(
        "duplicate_key", State.DEAD, 9, "b"
    )


def test_the_ending_of_a_task() -> None:
    assert read("wait", [b"waiting"]) == Ending("waiting")
    ending = read("wait", [b"ended", 6, b"why", b"\xff", b"\xfe", 7])
    assert ending == Ending("ended", State.FAILED, "why", b"\xff", b"\xfe", 7)


def test_the_reply_of_an_exchange() -> None:
    assert read("exchange", [b"stale"]) == Exchanged("stale")
    flat = [b"a", b"job", 7, 0, b"\xff", b"b", b"job", 8, 2, b""]
    assert read("exchange", [b"ok", 1, 99, 0, [b"x"], flat]) == Exchanged(
        status="ok",
        more=True,
        next_at_ms=99,
        suspects=False,
        lost=["x"],
        claims=[Claim("a", "job", 7, 0, b"\xff"), Claim("b", "job", 8, 2, b"")],
    )


def test_the_reply_of_a_beat() -> None:
    assert read("beat", [b"unknown"]) == Beat(known=False)
    assert read("beat", [b"ok", 99, 1, [b"a", 7], [b"b", 8]]) == Beat(
        known=True, next_at_ms=99, suspects=True, lost=[("a", 7)], cancelled=[("b", 8)]
    )


def test_the_replies_of_the_others() -> None:
    assert read("join", [b"ok", 1, 1]) is True
    assert read("release", 3) == 3
    assert read("leave", [1, 2, 3]) == commands.Left(more=True, back=2, suspects=3)
    assert read("progress", [b"a"]) == read("log", [b"a"]) == ["a"]
    assert read("recover", [0, b"w1", 2]) == commands.Recovered(False, "w1", 2)
    assert read("promote", [1, 99]) == (True, 99)
    assert read("trim", [0, 2]) == (False, 2)
    assert read("repair", [b"500", 2]) == ("500", 2)
    assert read("control", [1, -1, 10, 20, 3]) == commands.PoolSettings(True, -1, 10, 20, 3)
    assert read("pause", 4) == read("report", 4) == 4
