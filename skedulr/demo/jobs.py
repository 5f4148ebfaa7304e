"""The jobs of the demo: each does a bit of real work on files, and says what it did."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import json
import shutil
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from skedulr import Skedulr, current, retry

app = Skedulr(namespace="demo")

Facts = dict[str, Any]


@app.job
def checksum(path: str) -> Facts:
    """Hash a file, as `sha256sum` does."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {"file": path, "bytes": Path(path).stat().st_size, "sha256": digest.hexdigest()}


@app.job
def count_words(path: str, folder: str) -> Facts:
    """Count the words of a text, and keep the counts in a file of their own."""
    text = Path(path).read_text()
    words = Counter(text.split())
    Path(folder, f"{Path(path).stem}.json").write_text(json.dumps(words.most_common()))
    return {"file": path, "bytes": len(text), "words": words.total()}


@app.job(pool="background")
def compress(path: str, folder: str) -> Facts:
    """Compress a file, then read it back: what is kept is what was there."""
    data = Path(path).read_bytes()
    packed = Path(folder, f"{Path(path).name}.gz")
    with gzip.open(packed, "wb") as file:
        file.write(data)
    if gzip.decompress(packed.read_bytes()) != data:
        raise ValueError(f"{packed} does not hold what {path} does")
    return {"file": path, "bytes": len(data), "packed": packed.stat().st_size}


@app.job(pool="background")
def check_image(path: str) -> Facts:
    """Check every part of a PNG image against its checksum, and its pixels against its size."""
    data = Path(path).read_bytes()
    chunks: dict[bytes, bytes] = {}
    place = 8
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        (expected,) = struct.unpack_from(">I", data, place + 8 + size)
        if zlib.crc32(kind + body) != expected:
            raise ValueError(f"{path}: the part {kind!r} is damaged")
        chunks[kind] = body
        place += size + 12
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    if len(zlib.decompress(chunks[b"IDAT"])) != (width + 1) * height:
        raise ValueError(f"{path}: there are not {width} x {height} pixels")
    return {"file": path, "bytes": len(data), "size": [width, height]}


@app.job
async def sum_orders(path: str) -> Facts:
    """Add up a table of orders by customer, and tell how far it is."""
    task = current()
    text = await asyncio.to_thread(Path(path).read_text)
    rows = list(csv.DictReader(text.splitlines()))
    sums: Counter[str] = Counter()
    for number, row in enumerate(rows, 1):
        sums[row["customer"]] += int(row["cents"])
        if number % 1000 == 0:
            task.progress(100 * number / len(rows), f"{number:,} of {len(rows):,} orders")
            await asyncio.sleep(0)  # others on this loop want their turn
    best, cents = sums.most_common(1)[0]
    task.log("the best customer", customer=best, cents=cents)
    return {"file": path, "bytes": len(text), "orders": len(rows), "cents": sums.total()}


@app.job
def open_inbox(folder: str) -> None:
    """Make the folder that deliveries go to; it is submitted once one has failed."""
    Path(folder).mkdir(exist_ok=True)


@app.job(retry=retry.linear(20, delay=0.4), retry_on=FileNotFoundError)
def deliver(path: str, folder: str) -> Facts:
    """Copy a file into a folder; until that is open it fails, and is tried again."""
    shutil.copy(path, Path(folder, Path(path).name))
    return {"file": path, "bytes": Path(path).stat().st_size}


@app.job(retry=retry.linear(2, delay=0.3))
def unpack(path: str) -> int:
    """Unpack a gzip file; of a damaged one every attempt fails, so the task ends dead."""
    return len(gzip.decompress(Path(path).read_bytes()))


@app.job
def write_index(folder: str) -> Facts:
    """List all files that were made; it is submitted under a key, so that it runs once."""
    made = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    Path(folder, "index.json").write_text(
        json.dumps({str(path.relative_to(folder)): path.stat().st_size for path in made}, indent=1)
    )
    return {"files": len(made), "size": sum(path.stat().st_size for path in made)}


@app.job
def remind() -> None:
    """Do nothing; it is due in an hour, and cancelled before."""
