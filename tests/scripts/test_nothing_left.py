"""Every key has somebody who removes it: when all tasks and workers are gone, so are their keys."""

from skedulr import commands
from skedulr.commands import Ack, Bond, Entry, Mark, On, Told
from skedulr.keys import POOL_FAMILIES, POOL_KEYS, key_name
from skedulr.states import State
from tests.scripts.schedules import planned
from tests.scripts.support import DAY, MINUTE, Pool

NODES = [Entry("pool/parent", b"token", b"node")]
STAYS = {"meta", "stats", "limits", "declared"}


def kinds(pool: Pool) -> set[str]:
    """The names of the tables in `skedulr.keys` of which there are keys now."""
    fixed = {key_name(name): name for name in POOL_KEYS}
    found = {
        key.decode().removeprefix(pool.keys.prefix)
        for key in pool.redis.keys(f"{pool.keys.prefix}*")
    }
    return {fixed.get(name, name.split(":")[0]) for name in found - {"clock"}}


def test_a_life_of_a_pool_leaves_nothing_but_its_settings_and_its_counters(pool: Pool) -> None:
    assert live(pool) == {*POOL_KEYS, *POOL_FAMILIES}, "each key has been there"

    for instance in ("w1", "w2", "alone"):
        pool.ask(commands.leave(pool.keys, instance))
    for task in ("gated", "suspect", "limited", "child"):
        pool.ask(commands.cancel(pool.keys, task))
    pool.ask(commands.unschedule(pool.keys, "s"))
    settle_all(pool)
    pool.pass_time(30 * DAY)
    pool.ask(commands.trim(pool.keys))
    pool.ask(commands.abandon(pool.keys, ["missing"]))
    pool.ask(commands.seal(pool.keys, "f", b"token"))

    assert kinds(pool) == {*STAYS, "inbox", "events"}, "and the inbox ends by itself"


def live(pool: Pool) -> set[str]:
    """Use everything once; answers the kinds of keys that were there on the way."""
    seen = set()
    pool.join("w1", ["job", "limited"], job_limits={"limited": 1})
    pool.join("w2")
    pool.ask(pool.next_exchange("w2", free=1))
    pool.submit("gated", job="unknown")
    pool.submit("due", delay_ms=DAY)
    pool.submit("large", key="k", ttl_ms=MINUTE, body=b"x" * 2000)
    pool.submit("running", "limited", job="limited")
    pool.submit("failed")
    seen |= kinds(pool)
    large, running, failed = pool.claim(3)
    pool.ask(commands.log(pool.keys, [("large", large.epoch, 0, [b"line"])]))
    pool.ask(commands.progress(pool.keys, [("large", large.epoch, b"half")]))
    pool.ask(commands.wait(pool.keys, "large", "c1"))
    seen |= kinds(pool)
    acks = [
        Ack("large", large.epoch, result=b"r"),
        Ack("failed", failed.epoch, State.FAILED, problem=b"p"),
    ]
    pool.ask(pool.next_exchange("w1", 0, acks))
    pool.submit("suspect")
    pool.suspect()
    pool.ask(commands.recover(pool.keys))
    seen |= kinds(pool)
    pool.join("alone", solo=True)
    pool.finish(running, state=State.DEAD)
    pool.ask(commands.cancel(pool.keys, "due"))
    planned(pool, pool.now)
    pool.ask(commands.run_now(pool.keys, "s", "s@1"))
    pool.ask(commands.cancel(pool.keys, "s@1"))
    seen |= kinds(pool)
    return seen | live_together(pool)


def live_together(pool: Pool) -> set[str]:
    """Use all that ties tasks together; answers the kinds of keys that were there."""
    parents = [("pool/parent", On.SUCCESS, 1), ("pool/missing", On.END, 0)]
    pool.submit("parent", flow="pool/f", priority=9)
    pool.submit("child", parents=parents)
    pool.ask(commands.begin(pool.keys, "f", b"token", NODES, title="nightly"))
    bonds = [Bond(name.split("/")[1], "pool/child", b"", on, takes) for name, on, takes in parents]
    pool.ask(commands.link(pool.keys, bonds))
    claim = pool.claim_one(instance="w1")
    assert claim.id == "parent"
    pool.finish(claim, result=b"r")
    pool.ask(
        commands.trigger(
            pool.keys, [Told("child", b"", "pool/parent", claim.epoch, State.SUCCEEDED, b"r")]
        )
    )
    mark = Mark("f", "pool/parent", claim.epoch, State.SUCCEEDED, b"token")
    pool.ask(commands.mark(pool.keys, [mark]))
    return kinds(pool)


def settle_all(pool: Pool) -> None:
    """Let all events be carried out."""
    events = pool.redis.xrange(pool.keys.events)
    ended = [(said[b"id"].decode(), int(said[b"epoch"])) for _, said in events]
    pool.ask(commands.settle(pool.keys, [entry for entry, _ in events], ended))
