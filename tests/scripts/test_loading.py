"""Every script is one that the server takes, as it is sent in earnest and as the tests run it."""

from pathlib import Path

import pytest

from skedulr import lua
from tests.support.servers import Server


@pytest.mark.parametrize("virtual_clock", [False, True], ids=["real", "virtual"])
@pytest.mark.parametrize("name", lua.names())
def test_the_server_compiles_the_script(server: Server, name: str, virtual_clock: bool) -> None:
    script = lua.load(name, virtual_clock=virtual_clock)

    assert server.client(decode_responses=True).script_load(script.text) == script.sha


@pytest.mark.parametrize("name", lua.names())
def test_the_script_has_a_test_file_of_its_own(name: str) -> None:
    assert Path(__file__).with_name(f"test_{name}.py").exists()
