"""The log of a worker that runs as a program: text for people, JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from skedulr.context import running
from skedulr.errors import ConfigurationError

FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")
FORMAT_VARIABLE: Final = "SKEDULR_LOG_FORMAT"
LEVEL_VARIABLE: Final = "SKEDULR_LOG_LEVEL"

TASK_FACTS: Final = ("task_id", "job", "pool", "instance", "attempt")


def configure(log_format: str = "text", level: str = "info") -> None:
    """Send all records of this program to stderr; raises ``ConfigurationError``."""
    if log_format not in FORMATS:
        raise ConfigurationError(f"log format {log_format!r}: give {' or '.join(FORMATS)}")
    if level not in LEVELS:
        raise ConfigurationError(f"log level {level!r}: give {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(add_task_facts)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def add_task_facts(record: logging.LogRecord) -> bool:
    """Give a record that a running job writes the task's id, job, pool and instance."""
    task = running.get(None)
    if task is not None and not hasattr(record, "task_id"):
        for fact in TASK_FACTS:
            setattr(record, fact, getattr(task, "id" if fact == "task_id" else fact))
    return True


class TextFormatter(logging.Formatter):
    """One line for people, with the task that it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line; the task's name comes last where the message does not hold it."""
        line = super().formatMessage(record)
        task_id = getattr(record, "task_id", None)
        if task_id is None or task_id in line:
            return line
        return f"{line} [{getattr(record, 'pool', '?')}/{task_id}]"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its time in UTC, and the facts of its task."""
        facts: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        facts |= {name: getattr(record, name) for name in TASK_FACTS if getattr(record, name, None)}
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False, default=str)
