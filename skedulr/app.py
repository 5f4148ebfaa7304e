"""The app: jobs, the way to Redis, and everything that a user asks of a cluster."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, Unpack, overload

from skedulr import batches, control, names, operations, submission
from skedulr.commands import Steps
from skedulr.config import NAMESPACE_VARIABLE, Config, Settings
from skedulr.connections import Connections
from skedulr.context import Current
from skedulr.durations import Span
from skedulr.errors import ConfigurationError, OutOfMemory
from skedulr.flows.workflow import Workflow
from skedulr.flows.workflows import Workflows
from skedulr.job import Isolation, Job, JobDecorator, Signature
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.options import JobOptions, TaskOptions, only_known
from skedulr.registry import Registration, call_by_name
from skedulr.results import AsyncResults, Results
from skedulr.retry import Exceptions
from skedulr.schedules import declaring, timing
from skedulr.schedules.declaring import DeclaredOptions, Declaring, Times
from skedulr.schedules.schedules import Schedules
from skedulr.task import Task
from skedulr.transport.aio import AsyncClient
from skedulr.transport.client import Client
from skedulr.transport.connection import Address
from skedulr.views.instances import read_coordinators, read_workers

P = ParamSpec("P")
R = TypeVar("R")
Middleware = Callable[[Current, Callable[[], Awaitable[Any]]], Awaitable[Any]]
Hook = Callable[[], Any]
ErrorHandler = Callable[[Current, BaseException], Any]


class Skedulr:
    """An app: the same object in producers and workers. Making one does no I/O.

    ``url`` is a Redis URL; without it ``SKEDULR_REDIS_URL`` counts, and without that an embedded
    server starts with the first use and lives as long as the process, where the ``embedded`` extra
    is installed. ``namespace`` keeps apps apart on one server (``SKEDULR_NAMESPACE`` wins over the
    default). The other options are those of ``skedulr.config.Settings``. Raises
    ``ConfigurationError``, ``InvalidOption`` and ``InvalidName``.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        namespace: str | None = None,
        logger: logging.Logger | None = None,
        **options: Unpack[Settings],
    ) -> None:
        namespace = namespace or os.environ.get(NAMESPACE_VARIABLE) or "skedulr"
        only_known("Skedulr()", options, ("namespace", "logger", *Settings.__annotations__))
        self.config = Config(namespace=namespace, **options)
        self.logger = logger or logging.getLogger("skedulr")
        self.jobs: dict[str, Job[..., Any]] = {}
        self.middlewares: list[Middleware] = []
        self.startup_hooks: list[Hook] = []
        self.shutdown_hooks: list[Hook] = []
        self.error_handlers: list[ErrorHandler] = []
        self.connections = Connections(self, url)
        self._declared: set[str] = set()
        self.registry = RegistryKeys(self.config.namespace)
        self.pools = control.Pools(self)
        self.schedules = Schedules(self)
        self.workflows = Workflows(self)

    # --- jobs

    @overload
    def job(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Job[P, R]: ...
    @overload
    def job(self, function: Callable[P, R], /) -> Job[P, R]: ...
    @overload
    def job(
        self,
        *,
        name: str | None = None,
        isolation: Isolation = "thread",
        retry_on: type[BaseException] | Exceptions = (),
        give_up_on: type[BaseException] | Exceptions = (),
        limit: int | None = None,
        **options: Unpack[JobOptions],
    ) -> JobDecorator: ...
    def job(  # type: ignore[misc]  # mypy does not match Unpack with **Any
        self, function: Callable[..., Any] | None = None, /, **options: Any
    ) -> Any:
        """Register a function as a job, as ``@app.job`` or ``@app.job(pool="mail", timeout=30)``.

        ``name`` is the function's own unless given. ``isolation`` says where a sync job runs.
        ``retry_on`` and ``give_up_on`` are exception classes. ``limit`` is how many of its tasks
        run at once in the whole cluster. The options are those of ``using`` but ``id``, ``delay``
        and ``at``. Raises ``ConfigurationError`` for a name that is taken by another function,
        ``UnknownOption``, ``InvalidOption`` and ``InvalidName``.
        """
        register = Registration(self, **options)
        return JobDecorator(register) if function is None else register(function)

    def cron(
        self, expression: str, *, tz: str = "UTC", **options: Unpack[DeclaredOptions]
    ) -> JobDecorator:
        """Declare a schedule by a cron expression, as in ``@app.cron("0 3 * * *")``, above a
        function, which becomes a job, or above ``@app.job``.

        ``tz`` is the time zone whose clock is meant, such as ``Europe/Berlin``. Workers store it
        when they start. ``name`` is the job's own unless given; ``args`` and ``kwargs`` are the
        job's. Raises ``InvalidOption`` and as ``job``.
        """
        return JobDecorator(Declaring(self, timing.timing(cron=expression, tz=tz), options))

    def every(self, span: Span, **options: Unpack[DeclaredOptions]) -> JobDecorator:
        """Declare a schedule by an interval of a second or more, as
        ``@app.every(timedelta(minutes=5))``; else as ``cron``.
        """
        return JobDecorator(Declaring(self, timing.timing(every=span), options))

    def middleware(self, function: Middleware) -> Middleware:
        """Wrap every task in ``await function(task, call_next)``; the first one registered is
        the outermost.
        """
        self.middlewares.append(function)
        return function

    def on_startup(self, function: Hook) -> Hook:
        """Call this in every worker process before it claims; it may be a coroutine function.

        Where it raises before any process has worked, the worker ends with exit code 1. Later, the
        process alone ends, and another one is tried, ever more rarely.
        """
        self.startup_hooks.append(function)
        return function

    def on_shutdown(self, function: Hook) -> Hook:
        """Call this in every worker process after its last task; it may be a coroutine function."""
        self.shutdown_hooks.append(function)
        return function

    def on_error(self, function: ErrorHandler) -> ErrorHandler:
        """Call ``function(task, error)`` for every unhandled exception of a job; the task still
        fails.
        """
        self.error_handlers.append(function)
        return function

    # --- submitting

    def enqueue(
        self,
        job: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[TaskOptions],
    ) -> Task[Any]:
        """Submit a task by the name of its job, whose code need not be here. Raises as
        ``Job.enqueue``.
        """
        return self.submit(self.call(job, args, kwargs, **options))

    async def aenqueue(
        self,
        job: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[TaskOptions],
    ) -> Task[Any]:
        """``enqueue`` for asyncio."""
        return await self.asubmit(self.call(job, args, kwargs, **options))

    def call(
        self,
        job: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        **options: Unpack[TaskOptions],
    ) -> Signature[Any]:
        """A call by name as a value; a job that is registered here lends its options and its
        signature. Raises ``InvalidArguments``, and as ``using``.
        """
        return call_by_name(self, job, args, kwargs or {}, options)

    def submit(self, call: Signature[R]) -> Task[R]:
        """Submit a call that ``job.s(…)`` or ``call`` made."""
        return submission.submit(self, call)

    async def asubmit(self, call: Signature[R]) -> Task[R]:
        """``submit`` for asyncio."""
        return await self.connections.here.coalescer.submit(call)

    def enqueue_many(self, calls: Iterable[Signature[R]]) -> list[Task[R]]:
        """Submit calls in trips of up to 200; answers their tasks in order.

        Raises ``SomeRefused`` when some were refused: it holds the tasks of the others. An error
        of the iterable itself ends it; calls before that may have been submitted.
        """
        return batches.submit_many(self, calls)

    async def aenqueue_many(self, calls: Iterable[Signature[R]]) -> list[Task[R]]:
        """``enqueue_many`` for asyncio."""
        return await batches.asubmit_many(self, calls)

    def schedule(self, name: str, call: Signature[Any], **options: Unpack[Times]) -> None:
        """Make a schedule of a call at run time, or replace the one of that name, which keeps its
        place where its times stay the same.

        Give exactly one of ``at``, a datetime with a time zone, ``every``, a span of a second or
        more, and ``cron``, an expression of five fields, with ``tz``. Raises ``InvalidOption``,
        ``UnknownOption``, ``InvalidName``, ``NotSerialisable``, ``PayloadTooLarge``, and
        ``DeclaredInCode`` while code that runs declares that name.
        """
        declared = declaring.said(name, call, options)
        steps = self.schedules.storing(declared)
        self.register_pool(declared.pool)
        self.client.perform(steps)

    async def aschedule(self, name: str, call: Signature[Any], **options: Unpack[Times]) -> None:
        """``schedule`` for asyncio."""
        declared = declaring.said(name, call, options)
        steps = self.schedules.storing(declared)
        await self.aregister_pool(declared.pool)
        await self.aclient.perform(steps)

    def workflow(self, title: str, *, id: str = "") -> Workflow:  # noqa: A002 - as in using()
        """An empty workflow: ``with app.workflow("nightly") as flow: flow.add(…)``.

        ``title`` is what people see; with ``id`` no other may be open under that id. Raises
        ``InvalidName``.
        """
        own_id = names.workflow(id) if id else names.new_id()
        return Workflow(self, names.title(title), own_id)

    # --- tasks and the cluster

    def task(self, name: str) -> Task[Any]:
        """A handle on a task by ``pool/id``, or by an id that one pool has.

        Raises ``UnknownTask`` and ``AmbiguousTask`` for a bare id.
        """
        keys, task_id = self.client.perform(operations.find(self.config.namespace, name))
        return Task(self, keys.pool, task_id)

    async def atask(self, name: str) -> Task[Any]:
        """``task`` for asyncio."""
        keys, task_id = await self.aclient.perform(operations.find(self.config.namespace, name))
        return Task(self, keys.pool, task_id)

    def pause(self) -> None:
        """Stop all claims in the cluster until ``resume``; running tasks go on, submissions
        queue.
        """
        self.client.perform(operations.pause(self.registry, True))

    async def apause(self) -> None:
        """``pause`` for asyncio."""
        await self.aclient.perform(operations.pause(self.registry, True))

    def resume(self) -> None:
        """End a pause."""
        self.client.perform(operations.pause(self.registry, False))

    async def aresume(self) -> None:
        """``resume`` for asyncio."""
        await self.aclient.perform(operations.pause(self.registry, False))

    def workers(self) -> list[dict[str, Any]]:
        """The reports of all worker processes that live."""
        return self.client.perform(read_workers(self.registry))

    def coordinators(self) -> list[dict[str, Any]]:
        """The reports of all coordinators that live."""
        return self.client.perform(read_coordinators(self.registry))

    def worker(self, **options: Any) -> Any:
        """A worker inside this process: ``async with app.worker(): …``; needs the ``worker``
        extra.
        """
        try:
            module = importlib.import_module("skedulr_worker")
        except ImportError as error:
            raise ConfigurationError(
                f'a worker needs more packages ({error}): pip install "skedulr[worker]"'
            ) from error
        return module.worker_in(self, **options)

    # --- connections

    def keys(self, pool: str) -> PoolKeys:
        """The Redis keys of a pool."""
        return pool_keys(self.config.namespace, pool)

    @property
    def address(self) -> Address:
        """Where Redis is, and how long a call may take."""
        return self.connections.address

    @property
    def client(self) -> Client:
        """The sync client of this app."""
        return self.connections.client

    @property
    def aclient(self) -> AsyncClient:
        """The async client of this app for the running event loop."""
        return self.connections.here.client

    @property
    def results(self) -> Results:
        """What waits for results in threads."""
        return self.connections.results

    @property
    def aresults(self) -> AsyncResults:
        """What waits for results on the running event loop."""
        return self.connections.here.results

    def close(self) -> None:
        """Close the sync connections, and stop the embedded server if there is one."""
        self.connections.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self.connections.aclose()

    def register_pool(self, pool: str) -> None:
        """Make the pool known to the cluster, and store what the code declares of it; once per
        process, and again after the connection broke.
        """
        registered = self.connections.registered
        if pool not in registered:
            try:
                self.client.perform(self._registration(pool))
            except OutOfMemory as error:
                raise OutOfMemory(pool) from error
            registered.add(pool)
            self._declared.add(pool)

    async def aregister_pool(self, pool: str) -> None:
        """``register_pool`` for asyncio."""
        registered = self.connections.registered
        if pool not in registered:
            try:
                await self.aclient.perform(self._registration(pool))
            except OutOfMemory as error:
                raise OutOfMemory(pool) from error
            registered.add(pool)
            self._declared.add(pool)

    def _registration(self, pool: str) -> Steps[None]:
        settings = self.config.pool_settings(pool)
        again = pool in self._declared
        return operations.register_pool(self.registry, self.keys(pool), settings, again=again)
