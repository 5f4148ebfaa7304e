"""Builds the wheel and the sdist, and shows that they hold what they should and work alone.

Five things are compared: the wheel with the sources, the dashboard's pages in it with those that
are built here, the wheel of the sdist with the wheel of the tree, what a plain install brings along
with what is promised, and what an import of the client library loads with that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent

# Import package -> the folder that holds it.
PACKAGES = {
    "skedulr": ".",
    "skedulr_worker": "worker",
    "skedulr_coordinator": "coordinator",
    "skedulr_dashboard": "dashboard",
}
SUFFIXES = {".py", ".lua", ".typed"}
# A wheel that lacks one of these was built from a tree that lacked it.
LANDMARKS = {f"{package}/{name}" for package in PACKAGES for name in ("__init__.py", "py.typed")}
BESIDE_THE_PACKAGES = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "hatch_build.py",
    "pyproject.toml",
    "PKG-INFO",
}
# The dashboard's pages, which no source file corresponds to.
PAGES = "skedulr_dashboard/build/"
# With these npm can fetch nothing: what an sdist brings has to be enough.
WITHOUT_NPM = {"npm_config_offline": "true", "npm_config_cache": os.devnull}
# What `pip install skedulr` brings along, as the README promises.
PROMISED = {"redis", "hiredis", "msgpack"}
# What redis brings along where Python's own is not good enough yet, as on Debian 12.
BACKPORT = {"async-timeout", "async_timeout"} if sys.version_info < (3, 11, 3) else set()

# Run in an environment that holds the wheel and what it brings: imports the whole core, and prints
# where every module that is no part of Python came from.
IMPORT_THE_CORE = """
import importlib, json, pkgutil, sys
import skedulr
for module in pkgutil.walk_packages(skedulr.__path__, "skedulr."):
    if not module.name.startswith(("skedulr.cli", "skedulr.embedded", "skedulr.__main__")):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps(sorted({
    name.split(".")[0] for name, file in files.items() if file and "site-packages" in file
})))
"""


def main() -> int:
    """Run every check, print what is wrong, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        wheel, sdist = build(ROOT, work / "tree")
        problems = compare_wheel(wheel)
        problems += compare_pages(wheel)
        problems += compare_sdist(sdist, wheel, work)
        problems += check_alone(wheel, work / "alone")
        names = sorted(path.name for path in (wheel, sdist))
    for problem in problems:
        print(f"check_wheel: {problem}", file=sys.stderr)
    if not problems:
        print(f"check_wheel: {' and '.join(names)} hold what they should and work alone")
    return 1 if problems else 0


def build(
    source: Path, target: Path, environment: dict[str, str] | None = None
) -> tuple[Path, Path]:
    """Return the wheel and the sdist of ``source``, built into ``target``."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    built = subprocess.run(
        command,
        cwd=source,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        sys.exit(f"check_wheel: hatchling cannot build:\n{built.stdout}{built.stderr}")
    return next(target.glob("*.whl")), next(target.glob("*.tar.gz"))


def compare_wheel(wheel: Path) -> list[str]:
    """Return where the wheel's contents differ from the sources."""
    found = {name for name in names_in_wheel(wheel) if not name.startswith(PAGES)}
    found = {name for name in found if ".dist-info/" not in name}
    sources = source_files()
    strays = {name for name in sources if PurePosixPath(name).suffix not in SUFFIXES}
    return [
        *complaints("a package holds a file of no expected kind", strays),
        *complaints("not in the wheel", (sources - strays | LANDMARKS) - found),
        *complaints("in the wheel, but no source", found - sources),
        *([] if any(name.endswith(".lua") for name in found) else ["no Lua script in the wheel"]),
    ]


def compare_pages(wheel: Path) -> list[str]:
    """Return where the dashboard's pages in the wheel differ from those that are built here."""
    build_here = ROOT / "dashboard" / PAGES
    here = {
        PAGES + path.relative_to(build_here).as_posix()
        for path in build_here.rglob("*")
        if path.is_file()
    }
    carried = {name for name in names_in_wheel(wheel) if name.startswith(PAGES)}
    if not carried and not here:
        print("check_wheel: without the dashboard, which is not built here", file=sys.stderr)
        return []
    return [
        *complaints("not in the wheel", (here | {f"{PAGES}index.html"}) - carried),
        *complaints("in the wheel, but not built", carried - here),
    ]


def compare_sdist(sdist: Path, wheel: Path, work: Path) -> list[str]:
    """Return what the sdist holds beside the sources, and where its wheel differs."""
    with tarfile.open(sdist) as archive:
        # An argument since Python 3.11.4; Debian 12 has 3.11.2, which does not look at this.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(work)
    tree = work / sdist.name.removesuffix(".tar.gz")
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    folders = tuple(f"{PurePosixPath(folder) / package}/" for package, folder in PACKAGES.items())
    beside = {name for name in files if not name.startswith((*folders, "dashboard/"))}
    strays = {name for name in files if "node_modules/" in name}
    again, _ = build(tree, work / "again", WITHOUT_NPM)
    return [
        *complaints("not in the sdist", BESIDE_THE_PACKAGES - beside),
        *complaints("in the sdist without need", strays),
        # Hatchling adds the ignore file, to ignore the same files when it builds from the sdist.
        *complaints("in the sdist without need", beside - BESIDE_THE_PACKAGES - {".gitignore"}),
        *complaints(
            "only in one of the tree's wheel and the sdist's wheel",
            names_in_wheel(wheel) ^ names_in_wheel(again),
        ),
    ]


def check_alone(wheel: Path, folder: Path) -> list[str]:
    """Return what a plain install brings or needs beyond what is promised."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "install", "-qq", *constraints, str(wheel)], check=True)
    installed = {
        package["name"]
        for package in json.loads(output([*pip, "list", "--format", "json"]))
        if package["name"] != "skedulr"
    }
    return [
        *complaints("a plain install does not bring", PROMISED - installed),
        *complaints("a plain install also brings", installed - PROMISED - BACKPORT),
        *check_import(python),
        *check_command(folder),
    ]


def check_import(python: Path) -> list[str]:
    """Return what an import of the core needs or loads beyond what is promised."""
    command = [str(python), "-I", "-c", IMPORT_THE_CORE]
    imported = subprocess.run(command, capture_output=True, text=True, check=False)
    if imported.returncode:
        return [f"the core cannot be imported alone:\n{imported.stderr}"]
    loaded = set(json.loads(imported.stdout))
    return complaints("the core imports", loaded - PROMISED - BACKPORT - {"skedulr"})


def check_command(folder: Path) -> list[str]:
    """Return what is wrong with the command's answer where its extra is missing."""
    command = subprocess.run(
        [folder / "bin" / "skedulr", "--help"], capture_output=True, text=True, check=False
    )
    said = command.stdout + command.stderr
    if command.returncode == 0 or "skedulr[" not in said or "Traceback" in said:
        return [f"`skedulr` without its extra should say what to install, but said: {said}"]
    return []


def source_files() -> set[str]:
    """Return every file of the four packages under the name that it has in a wheel."""
    return {
        path.relative_to(ROOT / folder).as_posix()
        for package, folder in PACKAGES.items()
        for path in (ROOT / folder / package).rglob("*")
        if path.is_file() and not {"__pycache__", "build", "build.new"} & set(path.parts)
    }


def names_in_wheel(wheel: Path) -> set[str]:
    """Return the names of all files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def complaints(what: str, names: set[str]) -> list[str]:
    """Return one line for each name."""
    return [f"{what}: {name}" for name in sorted(names)]


def output(command: list[str]) -> str:
    """Return what a command that succeeds prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
