"""Whatever is wrong, the answer is one clear line, an exit code that means something, no secret."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from skedulr import __version__ as skedulr_version
from skedulr.cli import main
from skedulr.cli.program import program
from tests.integration.cli.conftest import Command
from tests.support.commands import run_skedulr
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.spawning import ROOT

SECRET = "open-sesame"

# One of each module; all commands share what reports errors.
COMMANDS = [("status",), ("task", "x"), ("enqueue", "greet"), ("cancel", "x"), ("pause",)]

DOCUMENTED = (ROOT / "docs/cli.md").read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_says_when_redis_does_not_answer(command: tuple[str, ...]) -> None:
    # Nothing can listen there, so that nothing has to be started.
    answer = run_skedulr(*command, SKEDULR_REDIS_URL=f"redis://:{SECRET}@127.0.0.1:1/0")
    assert answer.code == 4
    assert answer.out == ""
    assert answer.err.startswith("skedulr: no answer from Redis at redis://127.0.0.1:1/0: ")
    assert len(answer.err.splitlines()) == 1
    assert SECRET not in answer.err


def test_a_wrong_password_is_said_at_once_and_not_shown(
    own_server: Callable[..., OwnServer],
) -> None:
    redis = own_server(appendonly=False)
    for login in (f":{SECRET}@", f"nobody:{SECRET}@", ""):
        answer = run_skedulr("status", "--redis", f"redis://{login}127.0.0.1:{redis.port}/0")
        assert answer.code == 4
        assert SECRET not in answer.out + answer.err
        assert len(answer.err.splitlines()) == 1
        assert "password" in answer.err
        assert "reachable" not in answer.err, "it was reached"


@pytest.mark.parametrize(
    "url",
    [
        f"http://:{SECRET}@localhost",
        f"redis://:{SECRET}@localhost:port/0",
        f"redis://:{SECRET}@localhost:99999/0",
        f"redis://:{SECRET}/x@localhost:6379/0",
        "localhost",
    ],
)
def test_a_wrong_url_is_a_usage_error_that_shows_no_password(url: str) -> None:
    answer = run_skedulr("status", "--redis", url)
    assert answer.code == 2
    assert answer.out == ""
    assert "redis://" in answer.err
    assert SECRET not in answer.err
    assert len(answer.err.splitlines()) == 1


def test_without_any_cluster_it_says_how_to_name_one(tmp_path: Path) -> None:
    answer = run_skedulr("status", XDG_STATE_HOME=str(tmp_path))
    assert answer.code == 2
    assert "--redis" in answer.err
    assert "SKEDULR_REDIS_URL" in answer.err
    assert "skedulr up" in answer.err
    assert list(tmp_path.iterdir()) == [], "looking for a server must not make folders"


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("tasks", "--state", "runing"), "did you mean 'running'?"),
        (("tasks", "--pool", "no pool"), "is no valid pool name"),
        (("task", "a/b/c"), "is no valid"),
        (("status", "--namespace", "a b"), "is no valid namespace"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(
    skedulr: Command, args: tuple[str, ...], complaint: str
) -> None:
    answer = skedulr(*args)
    assert answer.code == 2
    assert complaint in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("taks",), "Did you mean 'tasks'"),
        (("tasks", "--limit", "x"), "give a whole number from 1 to 10000"),
        (("tasks", "--limit", "0"), "give a whole number from 1 to 10000"),
        (("enqueue", "greet", "--priority", "1e3"), "give a whole number from 0 to 1023"),
        (("coordinator", "--port", "65536"), "give a whole number from 0 to 65535"),
        (("task",), "missing argument 'ID'"),
        (("cancel",), "missing argument 'ID'"),
        (("scale", "mail", "-1"), "no such option: -1"),
        (("--no",), "no such option: --no"),
    ],
)
def test_a_wrong_usage_is_one_line_that_shows_how_it_is_meant(
    args: tuple[str, ...], complaint: str
) -> None:
    answer = run_skedulr(*args)
    assert answer.code == 2
    assert answer.out == ""
    assert complaint in answer.err
    assert "usage: skedulr" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_an_option_without_its_value_is_told() -> None:
    answer = run_skedulr("enqueue", "greet", "--delay")
    assert answer.code == 2
    assert answer.err == (
        "skedulr: option '--delay' requires an argument; --help shows how it is meant\n"
    )


def test_a_worker_says_in_one_line_which_option_is_wrong() -> None:
    answer = run_skedulr("worker", "shop:app", "--log-level", "loud")
    assert answer.code == 2
    assert answer.err.startswith("skedulr worker: argument --log-level: invalid choice: 'loud'")
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("args", [(), ("schedule",), ("workflow",)])
def test_without_a_command_it_shows_those_there_are(args: tuple[str, ...]) -> None:
    answer = run_skedulr(*args)
    assert answer.code == 2
    assert "Usage: skedulr" in answer.out
    assert answer.err == ""


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("enqueue", "greet", "--max-retries", "-1"), "give a whole number from 0 to"),
        (("enqueue", "greet", "--timeout", "-1s"), "--timeout cannot be '-1s'; give seconds"),
        (
            ("schedule", "add", "a", "greet", "--every", "5", "--catch-up", "so"),
            "--catch-up cannot",
        ),
        (("schedule", "add", "a", "greet", "--at", "2030-01-01T00:00"), "add +01:00, or Z for UTC"),
        (("scale", "mail", "99999999999"), "from 0 to 2,147,483,648, or none"),
        (("limit", "mail", "greet", "few"), "skedulr: N|none cannot be 'few'; give a whole number"),
        (("schedule", "show", "unheard"), "`skedulr schedules` lists them"),
    ],
)
def test_what_the_library_refuses_is_said_in_words_of_the_command_line(
    skedulr: Command, args: tuple[str, ...], complaint: str
) -> None:
    answer = skedulr(*args)
    assert complaint in answer.err
    for python in ("None", "datetime.", "timedelta", "app.", "()", "catch_up", "--N"):
        assert python not in answer.err


def test_a_held_key_and_a_wait_in_vain_are_answered_with_options_and_commands(
    skedulr: Command,
) -> None:
    held = skedulr("enqueue", "greet", "--key", "daily", "--id", "one")
    refused = skedulr("enqueue", "greet", "--key", "daily")
    assert (held.code, refused.code) == (0, 1)
    assert "give --existing" in refused.err
    late = skedulr("enqueue", "greet", "--id", "late", "--wait-limit", "1ms")
    assert late.code == 6
    assert "`skedulr task default/late` shows it" in late.err


def test_a_list_of_a_pool_that_nobody_has_named_says_so(skedulr: Command) -> None:
    assert "has named the pool 'mial'" in skedulr("tasks", "--pool", "mial").err


def test_help_names_no_type_of_python() -> None:
    runner = CliRunner()
    for command in ("", "tasks", "enqueue", "cancel", "pause", "up", "coordinator", "worker"):
        helped = runner.invoke(program, [*command.split(), "--help"], prog_name="skedulr").output
        assert not re.search(r"<(bool|int|str|list|float)", helped), command
        assert "[[" not in helped


def test_its_version_is_an_option_and_no_variable() -> None:
    answer = run_skedulr("--version", SKEDULR_VERSION="latest")
    assert answer.out == f"skedulr {skedulr_version}\n"


def test_every_command_is_documented_and_has_help_that_names_its_variables() -> None:
    runner = CliRunner()
    listed = runner.invoke(program, ["--help"], prog_name="skedulr", terminal_width=200).output
    commands = set(re.findall(r"^│ (\w+) ", listed, re.MULTILINE))
    rows = re.findall(r"^\| (`[a-z].*?) \|", DOCUMENTED, re.MULTILINE)
    assert commands == {name for row in rows for name in re.findall(r"`([a-z]+)", row)}
    for command in (*commands, *subcommands()):
        helped = runner.invoke(program, [*command.split(), "--help"], prog_name="skedulr")
        assert helped.exit_code == 0
        assert f"Usage: skedulr {command}" in helped.output
        assert "SKEDULR_" in helped.output or f"{command} [OPTIONS] COMMAND" in helped.output


def subcommands() -> Iterator[str]:
    """Yield the commands of groups, each behind the name of its group."""
    for name, command in typer.main.get_group(program).commands.items():
        yield from (f"{name} {inner}" for inner in getattr(command, "commands", {}))


def test_the_exit_codes_are_documented() -> None:
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert re.search(rf"^\| {code} +\|", DOCUMENTED, re.MULTILINE), code


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "skedulr", "version", "--json"],
            cwd=ROOT,
            stdout=write_end,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_an_answer_for_which_there_is_no_room_is_one_line_of_complaint() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "skedulr", "version"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"skedulr: cannot write the answer: No space left on device; make room\n"


def test_ctrl_c_before_a_command_begins_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("skedulr.cli.program.program", interrupted)
    assert main() == 130


def test_version_needs_no_cluster() -> None:
    versions = run_skedulr("version", "--json").json
    assert set(versions) >= {"skedulr", "python", "redis", "hiredis", "msgpack"}
    assert run_skedulr("version").lines[0] == f"skedulr {versions['skedulr']}"


def test_the_url_is_shown_to_those_who_ask_for_it(skedulr: Command, server: Server) -> None:
    url = skedulr("url").lines[0]
    assert url == server.url
    assert skedulr("url", "--json").json["url"] == url
    assert skedulr("url", "--password").lines[0] in url
