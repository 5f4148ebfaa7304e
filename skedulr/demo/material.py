"""The files that the demo works on: made anew for each run, the same for the same seed."""

from __future__ import annotations

import csv
import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

NOTES: Final = 120
BOOKS: Final = 12
ORDERS: Final = 6
IMAGES: Final = 8

_WORDS: Final = ("queue", "worker", "lease", "claim", "fence", "pool", "retry", "delay", "order")


@dataclass(frozen=True)
class Material:
    """The files of one run, by kind."""

    notes: list[Path]
    """Short texts."""
    books: list[Path]
    """Long texts."""
    orders: list[Path]
    """CSV tables with the columns order, customer, cents."""
    images: list[Path]
    """PNG images."""
    damaged: Path
    """A gzip file whose end is missing."""

    @property
    def files(self) -> list[Path]:
        """All of them."""
        return [*self.notes, *self.books, *self.orders, *self.images, self.damaged]


def make(folder: Path, seed: int = 0) -> Material:
    """Write the files into the folder, which must be there."""
    random = Random(seed)

    def paths(kind: str, count: int, suffix: str) -> list[Path]:
        return [folder / f"{kind}-{number:03}.{suffix}" for number in range(count)]

    material = Material(
        notes=paths("note", NOTES, "txt"),
        books=paths("book", BOOKS, "txt"),
        orders=paths("orders", ORDERS, "csv"),
        images=paths("image", IMAGES, "png"),
        damaged=folder / "damaged.gz",
    )
    for path in material.notes:
        path.write_text(_prose(random, 1_000))
    for path in material.books:
        path.write_text(_prose(random, 40_000))
    for path in material.orders:
        _write_orders(path, random, 5_000)
    for path in material.images:
        path.write_bytes(png(random, 320, 240))
    whole = gzip.compress(_prose(random, 2_000).encode())
    material.damaged.write_bytes(whole[: len(whole) // 2])
    return material


def _prose(random: Random, words: int) -> str:
    chosen = random.choices(_WORDS, k=words)
    lines = (" ".join(chosen[start : start + 12]) for start in range(0, words, 12))
    return "\n".join(lines) + "\n"


def _write_orders(path: Path, random: Random, rows: int) -> None:
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["order", "customer", "cents"])
        for number in range(rows):
            table.writerow([number, f"customer-{random.randrange(200)}", random.randrange(50_000)])


def png(random: Random, width: int, height: int) -> bytes:
    """A grey PNG image of that size."""
    shade = random.randrange(256)
    rows = (
        b"\0" + bytes((x * y // height + shade) & 255 for x in range(width)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
