"""The scripts: what each one's header says is what the finished text does."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skedulr.lua
from skedulr import lua, record, states
from skedulr.keys import POOL_CHANNELS, POOL_FAMILIES, POOL_KEYS, REGISTRY_KEYS

SCRIPTS = lua.names()
FOLDER = Path(skedulr.lua.__file__).parent
INCLUDES = sorted(path.stem for path in (FOLDER / "includes").glob("*.lua"))

# What may come when Redis is full: all that drains it. What stores something new may not.
REFUSED_WHEN_FULL = {
    *("enqueue", "resubmit", "rewind", "hang", "begin", "log"),
    *("schedule", "fire", "run_now"),
}

# Only these may be read as a whole: they grow with instances, jobs and gates, or with the slots of
# one instance, and never with the number of tasks. A task has 10,000 parents at most, a workflow a
# handful of fields.
BOUNDED = {
    *("classes", "limits", "inst", "own", "gates", "lease"),
    *("parents", "flow"),
}

LOCALS_ALLOWED_BY_LUA = 200

every_script = pytest.mark.parametrize("name", SCRIPTS)


def source(name: str) -> str:
    """The file of a script."""
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")


def header(name: str) -> str:
    """The comment at the top of a script's file."""
    found = re.match(r"(?:--[^\n]*\n)+", source(name))
    assert found is not None
    return found[0]


def code(name: str, *, strings: bool = True) -> str:
    """The finished text with its keys by name, without its declarations of arguments and without
    comments.
    """
    script = lua.load(name)
    text = re.sub(r"--[^\n]*", "", script.text.removeprefix("#!"))
    text = re.sub(r"^local \w+ = ARGV\[\d+\]$", "", text, flags=re.MULTILINE)
    text = text.replace("string.match(KEYS[1],", "string.match(a_key,")  # for its prefix alone
    text = re.sub(r"KEYS\[(\d+)\]", lambda found: script.keys[int(found[1]) - 1], text)
    return text if strings else re.sub(r"'[^'\n]*'", "''", text)


def words(name: str) -> set[str]:
    """The identifiers of a script."""
    return set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", code(name, strings=False)))


def calls(name: str) -> list[tuple[str, str]]:
    """Command and first argument of each call of Redis."""
    return re.findall(r"redis\.call\(('?\w+'?)(?:, *([^,)]+))?", code(name))


def key_of(first: str) -> str:
    """The key that an argument names: a declared one, a family's, or what a function answers."""
    family = re.match(r"prefix \.\. '(\w+):'", first)
    return family[1] if family else first.split("(")[0]


# --- the header ----------------------------------------------------------------------------------


@every_script
def test_a_script_says_what_it_does_with_which_flags_and_what_it_returns(name: str) -> None:
    lines = header(name).splitlines()

    assert re.match(r"-- [A-Z].*[.:,a-z]$", lines[0])
    assert sum(line.startswith("-- flags:") for line in lines) == 1
    assert sum(line.startswith("-- Returns ") for line in lines) == 1
    described = [line for line in lines if line.startswith("-- ARGV[")]
    assert len(described) >= len(lua.load(name).arguments)


@every_script
def test_only_what_stores_something_new_is_refused_by_a_full_server(name: str) -> None:
    first_line = lua.load(name).text.splitlines()[0]

    assert first_line == ("#!lua" if name in REFUSED_WHEN_FULL else "#!lua flags=allow-oom")


@every_script
def test_every_key_that_is_declared_is_a_key_of_skedulr(name: str) -> None:
    keys = lua.load(name).keys

    if set(keys) <= set(REGISTRY_KEYS):
        return
    fixed, families = set(keys) & set(POOL_KEYS), set(keys) - set(POOL_KEYS)
    assert len(fixed) + len(families) == len(keys), "none is declared twice"
    assert families <= {"own"}
    assert keys[-1] == "own" or not families, "families come last, as commands send them"


@every_script
def test_every_key_that_is_declared_is_used(name: str) -> None:
    used = words(name) | set(re.findall(r"prefix \.\. '(own):'", code(name)))

    assert set(lua.load(name).keys) <= used


@every_script
def test_every_key_that_is_used_is_declared(name: str) -> None:
    arguments = set(lua.load(name).arguments)
    local = set(re.findall(r"\blocal (?:function )?(\w+)", code(name)))
    parameters = re.findall(r"function \w*\(([^)]*)\)", code(name))
    named = {word.strip() for each in parameters for word in each.split(",")}

    undeclared = (words(name) & set(POOL_KEYS)) - set(lua.load(name).keys)

    assert undeclared <= arguments | local | named


@every_script
def test_every_argument_is_used(name: str) -> None:
    script = lua.load(name)
    tail = re.findall(r"^-- ARGV\[(\d+)\.\.\]", header(name), re.MULTILINE)

    assert set(script.arguments) <= words(name)
    assert bool(tail) == ("ARGV" in words(name))
    assert tail in ([], [str(len(script.arguments) + 1)])


# --- what the text does --------------------------------------------------------------------------


@every_script
def test_no_key_is_named_by_a_literal_but_for_the_families_under_the_pool_s_prefix(
    name: str,
) -> None:
    for command, first in calls(name):
        assert command != "'TIME'" or not first
        assert not first.startswith(("'", '"')), f"{command} {first}"
    built = set(re.findall(r"prefix \.\. '(\w+):'", code(name)))
    assert built <= {*POOL_FAMILIES, *POOL_CHANNELS}


@every_script
def test_nothing_that_grows_with_the_tasks_is_read_as_a_whole(name: str) -> None:
    for command, first in calls(name):
        assert command not in {"'KEYS'", "'SCAN'", "'SMEMBERS'", "'SORT'", "'FLUSHDB'"}
        if command in {"'HGETALL'", "'HVALS'", "'HKEYS'", "'HSCAN'", "'LRANGE'"}:
            assert key_of(first) in BOUNDED, f"{command} {first}"
    for key in re.findall(r"'ZRANGE', (\w+)[^,]*, 0, -1", code(name)):
        assert key in BOUNDED, f"ZRANGE {key} 0 -1"


@every_script
def test_time_is_read_once_and_only_from_the_server(name: str) -> None:
    real, virtual = lua.load(name), lua.load(name, virtual_clock=True)
    reads_time = "now" in words(name)

    assert real.text.count("redis.call('TIME')") == reads_time
    assert "redis.call('TIME')" not in virtual.text
    assert (real.text != virtual.text) == reads_time
    assert "os.time" not in real.text
    assert "os.clock" not in real.text


@every_script
def test_no_function_is_sent_that_is_never_called(name: str) -> None:
    text = code(name, strings=False)

    for function in re.findall(r"local function (\w+)", text):
        assert len(re.findall(rf"\b{function}\b", text)) > 1, function


@every_script
def test_lua_s_limit_of_locals_is_far(name: str) -> None:
    declared = re.findall(r"^local (function \w+|[\w, ]+)", lua.load(name).text, re.MULTILINE)

    assert sum(each.count(",") + 1 for each in declared) < LOCALS_ALLOWED_BY_LUA


# --- putting together ----------------------------------------------------------------------------


@every_script
def test_what_is_included_twice_is_there_once(name: str) -> None:
    text = lua.load(name).text

    assert "-- include:" not in text
    functions = re.findall(r"^local function (\w+)", text, re.MULTILINE)
    assert len(functions) == len(set(functions))


def test_every_include_is_used_by_some_script() -> None:
    wanted = {match for name in SCRIPTS for _, match in lua.INCLUDE.findall(source(name))}
    for include in INCLUDES:
        text = (FOLDER / f"includes/{include}.lua").read_text()
        wanted |= {match for _, match in lua.INCLUDE.findall(text)}

    assert wanted == set(INCLUDES) - {"virtual_clock"}


@every_script
def test_a_script_is_known_by_the_sha_of_its_text(name: str) -> None:
    script = lua.load(name)

    assert script.name == name
    assert script.sha == hashlib.sha1(script.text.encode(), usedforsecurity=False).hexdigest()
    assert lua.load(name) is script


@every_script
def test_states_fields_and_other_constants_are_their_values(name: str) -> None:
    fields = {field.upper() for field in record.FIELDS}

    assert not words(name) & {*fields, *states.State.__members__, "FORMAT", "TRANSITIONS"}
    assert not re.search(r"^local [A-Z_, ]+ =", code(name), re.MULTILINE)


def test_names_become_numbers_in_the_code_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "-- flags:\n-- STATE\nif record[STATE] == RUNNING then call('STATE', MY_STATE) end\n"
    monkeypatch.setattr(lua, "_read", lambda path: text)

    found = lua.load("numbered").text

    assert found.endswith("-- STATE\nif record[2] == 4 then call('STATE', MY_STATE) end\n")


def test_finished_texts_can_be_written_for_a_linter(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "skedulr.lua", str(tmp_path / "out")], check=True)

    written = {path.stem: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert written == {name: f"-- {lua.load(name).text}" for name in SCRIPTS}


def test_without_a_folder_the_linter_s_command_says_how_to_use_it() -> None:
    command = [sys.executable, "-m", "skedulr.lua"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stderr == "usage: python -m skedulr.lua DIR\n"


def test_a_header_that_does_not_count_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lua, "_read", lambda path: "-- flags:\n-- KEYS[2] ready\n")

    with pytest.raises(ValueError, match="the header's KEYS are not numbered 1, 2, 3"):
        lua.load("misnumbered")


def test_keys_are_said_by_their_places_and_are_no_locals(monkeypatch: pytest.MonkeyPatch) -> None:
    header = "-- flags:\n-- KEYS[1] ready\n-- KEYS[2] due\n"
    line = "call('ready', due, a.due, ready) -- due\n"
    monkeypatch.setattr(lua, "_read", lambda path: header + line)

    text = lua.load("placed").text

    assert text.endswith("call('ready', KEYS[2], a.due, KEYS[1]) -- due\n")


@pytest.mark.parametrize(
    "line", ["local due = 1", "for _, due in ipairs(all) do", "local function f(due)"]
)
def test_a_local_that_has_the_name_of_a_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(lua, "_read", lambda path: f"-- flags:\n-- KEYS[1] due\n{line}\n")

    with pytest.raises(ValueError, match="a local has the name of a key: due"):
        lua.load("shadowed")


def test_a_name_has_one_value_in_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"twice.lua": "-- flags:\n-- include: other\nlocal MOST = 1\n"}
    texts["includes/other.lua"] = "local MOST = 2 -- here\n"
    monkeypatch.setattr(lua, "_read", texts.__getitem__)

    with pytest.raises(ValueError, match="MOST is 2 here and 1 there"):
        lua.load("twice")


def test_an_indented_include_is_for_its_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    block = "if a then\n  -- include: b\n  -- include: a\nend\n"
    texts = {
        "blocks.lua": f"-- flags:\n-- include: a\n{block}-- include: b\n",
        "includes/a.lua": "a = 1\n",
        "includes/b.lua": "b = a\n",
    }
    monkeypatch.setattr(lua, "_read", texts.__getitem__)

    assert lua.load("blocks").text.endswith("a = 1\nif a then\nb = a\nend\nb = a\n")


def test_a_script_without_flags_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lua, "_read", lambda path: "-- KEYS[1] ready\n")

    with pytest.raises(ValueError, match=r"flagless\.lua has no '-- flags:' line"):
        lua.load("flagless")
