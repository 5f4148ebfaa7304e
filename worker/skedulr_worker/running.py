"""What a process runs in one pool: from a claim to the end of its attempt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skedulr.commands import Ack, Claim
from skedulr.config import Config
from skedulr.errors import Undecodable
from skedulr.states import State
from skedulr.wire import unpack_call
from skedulr_worker import endings
from skedulr_worker.claim import ClaimLoop
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.deadlines import Deadlines
from skedulr_worker.executors.coroutines import CoroutineExecutor
from skedulr_worker.executors.threads import ThreadExecutor
from skedulr_worker.inputs import Inputs
from skedulr_worker.middleware import Chain, Recovery
from skedulr_worker.plans import Plan
from skedulr_worker.telling import Telling


class Running:
    """The attempts of one pool in this process: starts, stops and ends them."""

    def __init__(
        self,
        claims: ClaimLoop,
        plans: Mapping[str, Plan],
        inputs: Inputs,
        telling: Telling,
        deadlines: Deadlines,
        recovery: Recovery,
        chain: Chain | None,
        config: Config,
        logger: logging.Logger,
        threads: int,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._claims = claims
        self._plans = plans
        self._inputs = inputs
        self._telling = telling
        self._deadlines = deadlines
        self._recovery = recovery
        self._config = config
        self._logger = logger
        self._debug = logger.isEnabledFor(logging.DEBUG)
        self._instance = claims.instance.name
        self._slots = claims.instance.served.slots
        self._attempts: dict[str, Attempt] = {}
        self._strays: set[Attempt] = set()
        self._waiting: deque[Attempt] = deque()
        self._coroutines = CoroutineExecutor(loop, self._over, chain)
        self.threads = ThreadExecutor(
            loop, min(threads, self._slots), self._begin, self._over, chain
        )

    def count(self) -> int:
        """How many slots are taken, counting tasks that wait for one here."""
        return len(self._attempts) + len(self._strays)

    def attempts(self) -> Iterator[Attempt]:
        """All that have not ended, and whose claim holds."""
        return iter(list(self._attempts.values()))

    # --- beginning
    # --------------------------------------------------------------------------------

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
        attempt = Attempt(claim, call, self._plans[claim.job], self._instance, self._telling)
        self._attempts[claim.id] = attempt
        if call.inputs:
            self._inputs.fetch(attempt, self._complete)
        else:
            self._admit(attempt)

    def _complete(self, attempt: Attempt, error: Exception | None) -> None:
        """Its arguments are all there, or one of them cannot be had."""
        if error is None:
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
            self._begin(attempt)
            self._coroutines.start(attempt)
        else:
            self.threads.start(attempt)

    def _begin(self, attempt: Attempt) -> None:
        """Its time runs from now on."""
        timeout = attempt.timeout
        if timeout is not None:
            attempt.deadline = time.monotonic() + timeout
            self._deadlines.add(attempt, attempt.deadline)
        if self._debug:
            self._logger.debug("task %s begins", attempt.id, extra=attempt.facts())

    # --- stopping
    # ---------------------------------------------------------------------------------

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
        elif self.threads.withdraw(attempt):
            self._over(attempt, None, asyncio.CancelledError())

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
                or (not attempt.plan.is_async and self.threads.withdraw(attempt))
            )
            if waits:
                attempt.stop = Stop.RELEASE
                if attempt in self._waiting:
                    self._waiting.remove(attempt)
                self._over(attempt, None, asyncio.CancelledError())

    # --- ending
    # -----------------------------------------------------------------------------------

    def _over(self, attempt: Attempt, result: Any, error: BaseException | None) -> None:
        if attempt.over:
            return
        attempt.over = True
        attempt.task = None
        if attempt.deadline is not None:
            self._deadlines.discard()
        if self._attempts.get(attempt.id) is not attempt:
            self._strays.discard(attempt)
            self._start_waiting()
            self._claims.ask()
            return
        del self._attempts[attempt.id]
        if self._waiting:
            self._start_waiting()
        ack: Ack | None
        if error is None and attempt.stop is not Stop.TIMEOUT:
            ack = endings.succeeded(attempt, result, self._config)
            if self._debug or ack.state is not State.SUCCEEDED:
                self._log_success(attempt, ack)
        else:
            ack = self._unsuccessful(attempt, error)
        if ack is None:
            self._claims.give_back((attempt.id, attempt.fence))
        else:
            self._claims.acknowledge(ack, attempt.told)

    def _start_waiting(self) -> None:
        while self._waiting and self.count() - len(self._waiting) < self._slots:
            self._start(self._waiting.popleft())

    def _unsuccessful(self, attempt: Attempt, error: BaseException | None) -> Ack | None:
        """The acknowledgement of an attempt that did not succeed; none where it goes back."""
        if attempt.stop is Stop.RELEASE:
            return None
        if attempt.stop is Stop.CANCEL:
            self._logger.info("task %s was cancelled", attempt.id, extra=attempt.facts())
            return endings.cancelled(attempt)
        if attempt.stop is Stop.TIMEOUT or error is None:
            error = endings.timed_out(attempt)
        ack = endings.failed(attempt, error)
        if ack.kind == "exception":
            self._recovery.tell(attempt, error)
        self._log_failure(attempt, ack, error)
        return ack

    def _log_success(self, attempt: Attempt, ack: Ack) -> None:
        if ack.state is State.FAILED:
            self._logger.error(
                "task %s (%s) failed: its result cannot be kept",
                attempt.id,
                attempt.job,
                extra=attempt.facts(),
            )
        else:
            self._logger.debug("task %s succeeded", attempt.id, extra=attempt.facts())

    def _log_failure(self, attempt: Attempt, ack: Ack, error: BaseException) -> None:
        line = endings.line_of(error)
        if ack.state is State.SCHEDULED:
            self._logger.warning(
                "task %s (%s) failed in attempt %d and is tried again after %.1f s: %s",
                attempt.id,
                attempt.job,
                attempt.attempt,
                ack.delay_ms / 1000,
                line,
                extra=attempt.facts(),
            )
            return
        self._logger.error(
            "task %s (%s) is %s after attempt %d: %s",
            attempt.id,
            attempt.job,
            ack.state.label,
            attempt.attempt,
            line,
            extra=attempt.facts(),
            exc_info=error if ack.kind == "exception" else None,
        )
