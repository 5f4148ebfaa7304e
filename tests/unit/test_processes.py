"""Tests see processes as they are, and end those that they started."""

import signal
import sys

import pytest

from tests.support.processes import is_alive, process_tree
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until

PARENT = "import subprocess; print('ready', flush=True); subprocess.run(['sleep', '100'])"


def test_a_process_that_waits_to_be_reaped_is_not_alive(spawn: Spawn) -> None:
    program = spawn(["sleep", "100"])
    assert is_alive(program.pid)
    program.send(signal.SIGKILL)
    wait_until(lambda: not is_alive(program.pid), what="the end of the program")
    assert process_tree(program.pid) == []


def test_a_tree_begins_with_its_root(spawn: Spawn) -> None:
    program = spawn(["-c", PARENT])
    tree = wait_until(lambda: process_tree(program.pid)[1:] and process_tree(program.pid))
    assert [process.pid for process in tree] == [program.pid, *program.descendants()]
    tree[1].kill()


def test_the_output_of_a_program_can_be_awaited(spawn: Spawn) -> None:
    program = spawn(["-c", "import os; print('mode', os.environ['MODE'], flush=True)"], MODE="x")
    assert program.wait_for_output("mode x") == "mode x\n"
    assert program.wait() == 0


def test_a_program_that_ends_without_the_awaited_words_is_shown(spawn: Spawn) -> None:
    program = spawn(["-c", "print('other words'); raise SystemExit(3)"])
    with pytest.raises(pytest.fail.Exception, match=r"(?s)other words.*ended with 3"):
        program.wait_for_output("the words")


def test_ctrl_c_reaches_the_whole_group(spawn: Spawn) -> None:
    program = spawn(["-c", PARENT])
    wait_until(program.descendants, what="its child")
    program.press_ctrl_c()
    assert program.wait() == -signal.SIGINT
    wait_until(lambda: not program.descendants(), what="the end of its child")


def test_arguments_that_begin_with_an_option_are_for_this_python(spawn: Spawn) -> None:
    program = spawn(["-c", "import sys; print(sys.executable)"])
    program.wait()
    assert program.output.strip() == sys.executable
