"""What holds in every pool after every command, whatever has happened before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from skedulr.keys import POOL_FAMILIES, POOL_KEYS, key_name
from skedulr.record import INLINE_LIMIT
from skedulr.states import TERMINAL, State
from tests.protocol.snapshot import Snapshot

FIXED_KEYS: Final = {key_name(name) for name in POOL_KEYS}
EXPIRING_FAMILIES: Final = {"inbox", "stats"}
FIXED_PLACES: Final = {
    State.SCHEDULED: "due",
    State.WAITING: "waiting",
    State.RUNNING: "running",
    **{state: f"done:{state.label}" for state in TERMINAL},
}


def check(pool: Snapshot) -> None:
    """Raise ``AssertionError`` for the first rule that the pool breaks."""
    for rule in RULES:
        rule(pool)


def _ended(pool: Snapshot, task_id: str) -> bool:
    return pool.states[task_id].terminal


def each_task_is_in_one_place(pool: Snapshot) -> None:
    places = pool.places()
    assert set(places) == set(pool.records), "a place without a record, or a record without a place"
    for task_id, found in places.items():
        expected = place_of(pool, task_id)
        assert found == [expected], f"{task_id} should be in {expected}, it is in {found}"


def place_of(pool: Snapshot, task_id: str) -> str:
    """The one place where its record says that the task is."""
    if pool.states[task_id] is State.QUEUED:
        gate = pool.records[task_id].text("gate")
        return f"held:{gate}" if gate else "ready"
    return FIXED_PLACES[pool.states[task_id]]


def scores_agree_with_records(pool: Snapshot) -> None:
    field = {State.QUEUED: "score", State.RUNNING: "started_at"}
    for task_id, record in pool.records.items():
        state = pool.states[task_id]
        if state in (State.SCHEDULED, State.WAITING):
            continue
        found = pool.zset(place_of(pool, task_id))[task_id]
        score = record.number(field.get(state, "finished_at"))
        is_put_off = state.terminal and record.number("linked") and found >= score
        assert found == score or is_put_off, f"{task_id} has another score"


def gates_hold_what_belongs_there(pool: Snapshot) -> None:
    for gate in pool.members("held"):
        assert gate in pool.zset("gates"), f"nobody knows of the gate {gate}"
    for task_id, record in pool.records.items():
        if pool.states[task_id] is not State.QUEUED:
            assert not record.text("gate"), f"{task_id} names a gate and is not behind it"
        else:
            gate, job, version = record.text("gate"), record.text("job"), record.number("version")
            inner = f"solo:{job}" if record.number("suspect") else f"job:{job}"
            allowed = {inner, f"wire:{version}:{inner}"}
            allowed |= set() if record.number("suspect") else {"", f"limit:{job}"}
            assert gate in allowed, f"{task_id} stands at the gate {gate!r}, not at {allowed}"


def each_running_task_has_one_owner(pool: Snapshot) -> None:
    owned: dict[str, tuple[str, int, bool]] = {}
    for instance in pool.members("own"):
        for task_id, value in pool.hash(f"own:{instance}").items():
            assert task_id not in owned, f"{task_id} has two owners"
            epoch, _number, *mark = value.decode().split(" ")
            owned[task_id] = (instance, int(epoch), mark == ["c"])
    running = {
        task_id: (record.text("owner"), record.number("epoch"), record.number("cancel") == 1)
        for task_id, record in pool.records.items()
        if pool.states[task_id] is State.RUNNING
    }
    assert owned == running, "what is owned and what runs differ"


def leases_cover_what_is_owned(pool: Snapshot) -> None:
    assert set(pool.zset("lease")) == set(pool.members("own")), "a lease without claims, or not"


def limited_jobs_are_counted(pool: Snapshot) -> None:
    counted = {job: set(pool.zset(f"limited:{job}")) for job in pool.members("limited")}
    running: dict[str, set[str]] = {}
    for task_id, record in pool.records.items():
        if pool.states[task_id] is State.RUNNING and record.text("job") in pool.hash("limits"):
            running.setdefault(record.text("job"), set()).add(task_id)
    assert counted == running, "the count of a limited job is not what runs"


def keys_are_held_by_their_live_task(pool: Snapshot) -> None:
    held = {key: task_id.decode() for key, task_id in pool.hash("keys").items()}
    live = [(r.text("key"), i) for i, r in pool.records.items() if not _ended(pool, i)]
    wanted = [(key, task_id) for key, task_id in live if key]
    assert sorted(held.items()) == sorted(wanted), "a dedupe key is not held by its live task"


def parts_of_a_task_belong_to_a_record(pool: Snapshot) -> None:
    ids = set(pool.records)
    for name in ("results", "attempts", "progress"):
        assert set(pool.hash(name)) <= ids, f"{name} of a forgotten task"
    spilled = {i for i, record in pool.records.items() if record.number("spilled")}
    assert set(pool.hash("payloads")) == spilled, "payloads that no record names, or the reverse"
    assert all(len(body) > INLINE_LIMIT for body in pool.hash("payloads").values())
    waited = {i for i, record in pool.records.items() if record.number("waited")}
    assert set(pool.hash("waiters")) == waited, "waiters that no record names, or the reverse"
    logged = {i for i, record in pool.records.items() if record.number("logged")}
    assert set(pool.members("log")) == logged, "log lines that no record names, or the reverse"
    hanging = {i for i, record in pool.records.items() if record.number("parents")}
    assert set(pool.members("parents")) == hanging, "parents that no record names, or the reverse"
    assert set(pool.members("inputs")) <= hanging, "inputs of no record"
    linked = {i for i, record in pool.records.items() if record.number("linked")}
    awaited = set(pool.zset("orphans"))
    assert set(pool.members("children")) == linked | awaited, "children of nobody, or the reverse"
    assert not awaited & ids, "an orphan that is there"


def own_times_to_live_are_kept(pool: Snapshot) -> None:
    ended = {i for i, r in pool.records.items() if _ended(pool, i) and r.number("ttl")}
    assert set(pool.zset("expiring")) == ended, "a time to live that nobody watches, or none"


def instances_have_a_class_and_a_sign_of_life(pool: Snapshot) -> None:
    assert set(pool.hash("inst")) == set(pool.zset("seen")), "an instance without a sign of life"
    idle = set(pool.zset("idle"))
    assert idle <= set(pool.hash("inst")), "an idle instance that nobody knows"
    assert not idle & set(pool.members("own")), "an idle instance with claims"
    assert set(pool.members("wake")) <= set(pool.hash("classes")), "a marker for no class"


def every_key_is_in_the_table(pool: Snapshot) -> None:
    for name in pool.names():
        family = name.partition(":")[0]
        known = name in FIXED_KEYS or family in POOL_FAMILIES
        assert known, f"the key {name} is in no table"
        may_expire = family in EXPIRING_FAMILIES and name not in FIXED_KEYS
        assert (name in pool.expiring) == may_expire, f"the time to live of {name}"


def minutes_add_up(pool: Snapshot) -> None:
    total: dict[str, int] = {}
    for minute in pool.members("stats"):
        for counter, count in pool.hash(f"stats:{minute}").items():
            total[counter] = total.get(counter, 0) + int(count)
    in_all = {counter: int(count) for counter, count in pool.hash("stats").items()}
    assert total == in_all, "the counts of the minutes are not the total"


RULES: Final[tuple[Callable[[Snapshot], None], ...]] = (
    every_key_is_in_the_table,
    each_task_is_in_one_place,
    scores_agree_with_records,
    gates_hold_what_belongs_there,
    each_running_task_has_one_owner,
    leases_cover_what_is_owned,
    limited_jobs_are_counted,
    keys_are_held_by_their_live_task,
    parts_of_a_task_belong_to_a_record,
    own_times_to_live_are_kept,
    instances_have_a_class_and_a_sign_of_life,
    minutes_add_up,
)
