"""What a worker process runs in one pool: from a claim to the end of its attempt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from skedulr.commands import Ack, Claim
from skedulr.errors import Undecodable
from skedulr.wire import pack_whole, unpack_call
from skedulr_worker import endings
from skedulr_worker.claim import ClaimLoop
from skedulr_worker.config import WorkerConfig
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.deadlines import Deadlines
from skedulr_worker.executors.coroutines import CoroutineExecutor
from skedulr_worker.executors.processes import ProcessExecutor
from skedulr_worker.executors.threads import ThreadExecutor
from skedulr_worker.inputs import Inputs
from skedulr_worker.isolation.deaths import Death
from skedulr_worker.isolation.link import NurseryLink
from skedulr_worker.isolation.process import Ended
from skedulr_worker.middleware import Chain
from skedulr_worker.patience import Patience
from skedulr_worker.plans import Plan
from skedulr_worker.telling import Telling
from skedulr_worker.verdicts import Verdicts


class Running:
    """The attempts of one pool in this process: starts, stops and ends them."""

    def __init__(
        self,
        claims: ClaimLoop,
        plans: Mapping[str, Plan],
        inputs: Inputs,
        telling: Telling,
        deadlines: Deadlines,
        verdicts: Verdicts,
        chain: Chain | None,
        logger: logging.Logger,
        threads: int,
        begun: Callable[[], None],
    ) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._claims = claims
        self._plans = plans
        self._inputs = inputs
        self._telling = telling
        self._deadlines = deadlines
        self._verdicts = verdicts
        self._logger = logger
        self._debug = logger.isEnabledFor(logging.DEBUG)
        self._instance = claims.instance.name
        self._begun = begun
        self._slots = claims.instance.served.slots
        self._attempts: dict[str, Attempt] = {}
        self._strays: set[Attempt] = set()
        self._waiting: deque[Attempt] = deque()
        self._coroutines = CoroutineExecutor(loop, self._begin, self._over, chain)
        self.threads = ThreadExecutor(
            loop, min(threads, self._slots), self._begin, self._over, chain, logger
        )
        self.processes: ProcessExecutor | None = None
        self.patience: Patience | None = None
        """With what does not stop here; ``None`` lets it go on for as long as it likes."""

    def isolate(
        self, loop: asyncio.AbstractEventLoop, link: NurseryLink, config: WorkerConfig
    ) -> None:
        """Run jobs that wish for it in processes of their own; without this, they run in
        threads.
        """
        self.processes = ProcessExecutor(
            loop,
            min(config.job_process_limit, self._slots),
            link,
            self._begin,
            self,
            self._telling.pass_on,
            config.lifetime,
            config.overdue_seconds,
            self._claims.instance.served.solo,
            self._logger,
        )

    def count(self) -> int:
        """How many slots are taken, counting tasks that wait for one here."""
        return len(self._attempts) + len(self._strays)

    def attempts(self) -> Iterator[Attempt]:
        """All that have not ended, and whose claim holds."""
        return iter(list(self._attempts.values()))

    # --- beginning

    def take(self, claims: Sequence[Claim]) -> None:
        """Run claimed tasks, in their order."""
        for claim in claims:
            self._take(claim)

    def _take(self, claim: Claim) -> None:
        former = self._attempts.get(claim.id)
        if former is not None:
            # Its lease was over, and the task came back to this very process: what runs goes on.
            former.fence = claim.epoch
            return
        try:
            call = unpack_call(claim.body)
        except Undecodable as error:
            self._claims.acknowledge(endings.unreadable(claim.id, claim.epoch, error))
            self._logger.error("task %s cannot be read and is dead: %s", claim.id, error)
            return
        plan = self._plans[claim.job]
        attempt = Attempt(claim, call, plan, self._instance, self._telling)
        if plan.is_isolated:
            attempt.body = claim.body
        else:
            self._begun()
        self._attempts[claim.id] = attempt
        if call.inputs:
            self._inputs.fetch(attempt, self._complete)
        else:
            self._admit(attempt)

    def _complete(self, attempt: Attempt, error: Exception | None) -> None:
        """Its arguments are all there, or one of them cannot be had."""
        if error is None:
            if attempt.body:
                attempt.body = pack_whole(attempt.call)
            self._admit(attempt)
        else:
            self._over(attempt, None, error)

    def _admit(self, attempt: Attempt) -> None:
        if self.count() - len(self._waiting) > self._slots:
            self._waiting.append(attempt)
        else:
            self._start(attempt)

    def _start(self, attempt: Attempt) -> None:
        if attempt.plan.is_async:
            self._coroutines.start(attempt)
        else:
            self._executor(attempt).start(attempt)

    def _executor(self, attempt: Attempt) -> ThreadExecutor | ProcessExecutor:
        """Where an attempt of a plain function runs."""
        return self.processes if attempt.plan.is_isolated and self.processes else self.threads

    def _begin(self, attempt: Attempt) -> bool:
        """Its time runs from now on; false where it must not begin, since it has gone to others
        while this process was blocked.
        """
        attempt.begun = True
        if not self._claims.may_begin(attempt.id):
            attempt.stop = attempt.stop or Stop.RELEASE
            self._loop.call_soon(self._over, attempt, None, asyncio.CancelledError())
            return False
        timeout = attempt.timeout
        if timeout is not None:
            attempt.deadline = time.monotonic() + timeout
            self._deadlines.add(attempt, attempt.deadline)
        if self._debug:
            self._logger.debug("task %s begins", attempt.id, extra=attempt.facts())
        return True

    # --- stopping

    def stop(self, attempt: Attempt, reason: Stop) -> None:
        """Ask an attempt to stop: a coroutine gets ``CancelledError``, a thread has to look."""
        if attempt.over:
            return
        if attempt.stop is None:
            attempt.stop = reason
        if attempt in self._waiting:
            self._waiting.remove(attempt)
            self._over(attempt, None, asyncio.CancelledError())
        elif self._inputs.drop(attempt):
            self._over(attempt, None, asyncio.CancelledError())
        elif attempt.plan.is_async:
            self._coroutines.cancel(attempt)
            self._be_patient(attempt)
        elif self._executor(attempt).withdraw(attempt):
            self._over(attempt, None, asyncio.CancelledError())
        elif attempt.plan.is_isolated and self.processes:
            self.processes.stop(attempt, reason)
        else:
            self._be_patient(attempt)

    def _be_patient(self, attempt: Attempt) -> None:
        if self.patience is not None:
            self.patience.begin(attempt)

    def cancel(self, claims: Sequence[tuple[str, int]]) -> None:
        """The users of these tasks want them to stop."""
        for task_id, epoch in claims:
            attempt = self._attempts.get(task_id)
            if attempt is not None and attempt.fence == epoch and attempt.stop is None:
                self.stop(attempt, Stop.CANCEL)

    def lose(self, claims: Sequence[tuple[str, int]]) -> None:
        """These claims have ended elsewhere."""
        for task_id, epoch in claims:
            self._claims.forget(task_id, epoch)
            attempt = self._attempts.get(task_id)
            if attempt is not None and attempt.fence == epoch:
                self._logger.warning(
                    "the claim on task %s was lost while it ran; its attempt is stopped",
                    task_id,
                    extra=attempt.facts(),
                )
                self._lose(attempt)

    def _lose(self, attempt: Attempt) -> None:
        """Its claim holds no more, its slot is still taken."""
        del self._attempts[attempt.id]
        self._strays.add(attempt)
        attempt.stop = Stop.LOST
        self.stop(attempt, Stop.LOST)

    def expire(self, attempt: Attempt) -> None:
        """Its time is over."""
        self._logger.warning(
            "task %s takes longer than %g s", attempt.id, attempt.timeout, extra=attempt.facts()
        )
        self.stop(attempt, Stop.TIMEOUT)

    def withdraw_waiting(self) -> None:
        """Give back all that has not begun."""
        for attempt in self.attempts():
            waits = (
                attempt in self._waiting
                or self._inputs.drop(attempt)
                or (not attempt.plan.is_async and self._executor(attempt).withdraw(attempt))
            )
            if waits:
                attempt.stop = Stop.RELEASE
                if attempt in self._waiting:
                    self._waiting.remove(attempt)
                self._over(attempt, None, asyncio.CancelledError())

    # --- ending

    def _over(self, attempt: Attempt, result: Any, error: BaseException | None) -> None:
        """A job has returned or raised in this process."""
        if not attempt.over and self._is_held_to_its_end(attempt):
            self._settle(attempt, self._verdicts.of_end(attempt, result, error))

    def ended(self, attempt: Attempt, end: Ended) -> None:
        """A job has returned or raised in a process of its own."""
        if attempt.stop is None and end.reason:
            attempt.stop = Stop(end.reason)
        if self._is_held_to_its_end(attempt):
            self._settle(attempt, self._verdicts.of_isolated_end(attempt, end))

    def died(self, attempt: Attempt, death: Death, reason: Stop | None) -> None:
        """A job's own process has died."""
        attempt.stop = attempt.stop or reason
        if self._is_held_to_its_end(attempt):
            self._settle(attempt, self._verdicts.of_death(attempt, death))

    def fell(self, attempt: Attempt, death: Death) -> None:
        """A job's own process was killed, and not because of the job."""
        if self._is_held_to_its_end(attempt):
            self._settle(attempt, self._verdicts.of_fall(attempt, death))

    def _is_held_to_its_end(self, attempt: Attempt) -> bool:
        """Take an attempt off the list of what runs; answers whether its claim still holds."""
        attempt.over = True
        attempt.task = None
        if attempt.deadline is not None:
            self._deadlines.discard()
        is_held = self._attempts.get(attempt.id) is attempt
        if is_held:
            del self._attempts[attempt.id]
        else:
            self._strays.discard(attempt)
            self._claims.ask()
        if self._waiting:
            self._start_waiting()
        return is_held

    def _settle(self, attempt: Attempt, ack: Ack | None) -> None:
        if ack is None:
            self._claims.give_back((attempt.id, attempt.fence))
        else:
            self._claims.acknowledge(ack, attempt.told)

    def _start_waiting(self) -> None:
        while self._waiting and self.count() - len(self._waiting) < self._slots:
            self._start(self._waiting.popleft())
