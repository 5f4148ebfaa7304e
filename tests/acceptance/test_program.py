"""`python -m skedulr_worker`: its options, its messages, its exit codes, its log."""

import json
import sys
import textwrap
from pathlib import Path

import pytest

from skedulr import Skedulr
from tests.acceptance.conftest import StartWorker, Trace
from tests.support.servers import Server
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere:app"], "no module 'nowhere'"),
        (["tests.acceptance.shop:nothing"], "not a Skedulr app"),
        (["tests.acceptance.shop"], "give MODULE:APP"),
        ([], "give MODULE:APP"),
        (["tests.acceptance.shop:app", "--lease", "soon"], "lease"),
        (["tests.acceptance.shop:app", "--pool", "mail=many"], "whole number"),
        (["tests.acceptance.shop:app", "--pool", "mail=0"], "whole number"),
        (["tests.acceptance.shop:app", "--processes", "0"], "processes"),
        (["tests.acceptance.shop:app", "--sweep-interval", "1m"], "sweep_interval"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    spawn: Spawn, server: Server, options: list[str], message: str
) -> None:
    worker = spawn(["-m", "skedulr_worker", *options], SKEDULR_REDIS_URL=server.url)
    assert worker.wait() == 2
    assert message in worker.output
    assert worker.output.count("\n") == 1


def test_an_error_in_the_users_module_is_shown_once_with_its_traceback(
    spawn: Spawn, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "broken_shop.py").write_text("1 / 0\n")
    worker = spawn(
        ["-m", "skedulr_worker", "broken_shop:app", "--processes", "3"],
        SKEDULR_REDIS_URL=server.url,
        PYTHONPATH=str(tmp_path),
    )
    assert worker.wait() == 1
    assert worker.output.count("ZeroDivisionError") == 1


def test_every_option_is_an_environment_variable(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker(
        SKEDULR_POOLS="mail=3,slow",
        SKEDULR_CONCURRENCY="7",
        SKEDULR_PROCESSES="2",
        SKEDULR_ID="named",
    )
    app.enqueue("note", args=["x"], pool="mail").result(timeout=10)
    [report] = wait_until(app.workers, what="the report")
    assert report["name"].startswith("named-0.")
    assert {pool: facts["slots"] for pool, facts in report["pools"].items()} == {
        "mail": 6,
        "slow": 14,
    }


def test_the_log_can_be_json_and_names_the_task(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--log-format", "json")
    task = app.enqueue("doomed", args=["x"])
    worker.wait_for_output("is dead after attempt 3")
    records = [json.loads(row) for row in worker.output.splitlines() if row.startswith("{")]
    about = [record for record in records if record.get("task_id") == task.id]
    assert [record["level"] for record in about] == ["warning", "warning", "error"]
    assert {(record["job"], record["pool"]) for record in about} == {("doomed", "default")}
    assert all(record["instance"] for record in about)
    assert "RuntimeError: it never works" in about[-1]["traceback"]


def test_an_app_of_the_main_module_is_served(
    spawn: Spawn, server: Server, namespace: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import os
            from skedulr import Skedulr
            from skedulr_worker import serve

            app = Skedulr()

            @app.job
            async def whoami() -> str:
                return __name__

            if __name__ == "__main__":
                raise SystemExit(serve(app, processes=1, lease=2))
        """)
    )
    spawn([sys.executable, str(script)], SKEDULR_REDIS_URL=server.url, SKEDULR_NAMESPACE=namespace)
    app = Skedulr(server.url, namespace=namespace)
    assert app.enqueue("whoami").result(timeout=20) == "__main__"
    app.close()


def test_a_changed_file_restarts_the_worker(
    spawn: Spawn, server: Server, namespace: str, tmp_path: Path
) -> None:
    source = textwrap.dedent("""
        from skedulr import Skedulr

        app = Skedulr()

        @app.job
        async def answer() -> int:
            return 1
    """)
    module = tmp_path / "changing_shop.py"
    module.write_text(source)
    worker = spawn(
        [
            "-c",
            f"import os, sys; os.chdir({str(tmp_path)!r}); from skedulr_worker.main import main;"
            "sys.exit(main(['changing_shop:app', '--reload', '--lease', '2s']))",
        ],
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )
    app = Skedulr(server.url, namespace=namespace)
    assert app.enqueue("answer").result(timeout=20) == 1
    module.write_text(source.replace("return 1", "return 22"))
    worker.wait_for_output("has changed")
    wait_until(lambda: app.enqueue("answer").result(timeout=20) == 22, 20, "the new code")
    worker.kill()
    app.close()
