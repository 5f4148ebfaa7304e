"""The compose cluster as a test sees it: up under a name of its own, down with all it had."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PROJECT_FOLDER: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 900.0


def engine_answers() -> bool:
    """Whether there is a Docker engine and a compose command."""
    if shutil.which("docker") is None:
        return False
    answer = subprocess.run(["docker", "version"], capture_output=True, check=False)
    return answer.returncode == 0 and bool(_compose_command())


def _compose_command() -> list[str]:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    standalone = shutil.which("docker-compose")
    return [standalone] if standalone else []


def _docker(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, check=True, timeout=120)


class Cluster:
    """One cluster of ``docker-compose.yml``, under a project name that nobody else uses.

    ``overrides`` are compose files of the test's own, which change the cluster's.
    """

    def __init__(
        self, name: str, environment: Mapping[str, str], *, overrides: Sequence[Path] = ()
    ) -> None:
        files = [PROJECT_FOLDER / "docker-compose.yml", *overrides]
        named = [part for file in files for part in ("--file", str(file))]
        self._command = [*_compose_command(), *named, "--project-name", name]
        # The classic builder is on every engine; BuildKit wants a plugin that some lack.
        self._environment = {**os.environ, "DOCKER_BUILDKIT": "0", **environment}

    def run(self, *arguments: str, patience: float = PATIENCE) -> str:
        """The output of a compose command; raises with all of it when the command fails."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=PROJECT_FOLDER,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(
                f"compose {' '.join(arguments)} ended with {done.returncode}:\n"
                f"{done.stdout}\n{done.stderr}"
            )
        return done.stdout

    def build(self) -> None:
        """Make the image that worker and producer share."""
        self.run("build", "worker")

    def up(self, services: Sequence[str], *, workers: int) -> None:
        """Start services in the background, with that many worker containers."""
        self.run("up", "-d", "--scale", f"worker={workers}", *services)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        return self.run("ps", "-q", service).split()

    def kill(self, container: str) -> None:
        """End a container by SIGKILL; nothing starts it again."""
        _docker("kill", container)

    def start(self, container: str) -> None:
        """Start a container that has ended, with all that it has written."""
        _docker("start", container)

    def remove(self, container: str) -> None:
        """Take a container away with all that it has written outside of volumes."""
        _docker("rm", "--force", container)

    def produce(self) -> str:
        """Run the example producer to its end and answer what it printed."""
        return self.run("run", "--rm", "producer")

    def inside(self, service: str, *command: str) -> str:
        """The output of any command in one of a service's containers."""
        return self.run("exec", "-T", service, *command)

    def published(self, service: str, port: int) -> str:
        """The address of this machine at which a service's port is reached."""
        return self.run("port", service, str(port)).strip()

    def ask(self, *command: str) -> str:
        """The output of a skedulr command in one of the workers' containers."""
        return self.run("exec", "-T", "worker", "skedulr", *command)

    def down(self) -> None:
        """Remove containers, network, volume."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "40")
