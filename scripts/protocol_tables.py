"""Writes what in `docs/protocol.md` follows from the source: keys, fields and scripts' keys.

python -m scripts.protocol_tables
"""

from __future__ import annotations

from scripts.generated import DOCS, replace, table
from skedulr import lua
from skedulr.keys import POOL_CHANNELS, POOL_FAMILIES, POOL_KEYS, REGISTRY_KEYS, key_name
from skedulr.record import FIELDS

PAGE = DOCS / "protocol.md"


def _keys_table(described: dict[str, str]) -> str:
    rows = []
    for name, text in described.items():
        what, removal = text.rsplit("; ", 1)
        rows.append([f"`{key_name(name)}`", what.replace("<", "&lt;"), removal])
    return table(["key", "type and members", "how it ends"], rows)


def pool_keys_table() -> str:
    """A row for each key of a pool with a fixed name, then for each family."""
    families = {f"{name}:…": text for name, text in POOL_FAMILIES.items()}
    return _keys_table({**POOL_KEYS, **families})


def channels_table() -> str:
    """A row for each family of channels."""
    rows = []
    for name, text in POOL_CHANNELS.items():
        channel, what = text.split(": ", 1)
        rows.append([f"`{name}:…`", channel.replace("<", "&lt;"), what])
    return table(["channel", "name", "what is said there"], rows)


def registry_table() -> str:
    """A row for each key of a namespace."""
    return _keys_table(dict(REGISTRY_KEYS))


def fields_table() -> str:
    """A row for each field of a record's head."""
    rows = [[str(at), f"`{name}`", text] for at, (name, text) in enumerate(FIELDS.items(), 1)]
    return table(["position", "field", "meaning"], rows)


def scripts_table() -> str:
    """A row for each script, with its keys in their order."""
    rows = []
    for name in lua.names():
        keys = " ".join(
            "own:&lt;instance>" if k == "own" else key_name(k) for k in lua.load(name).keys
        )
        rows.append([f"`{name}`", keys])
    return table(["script", "KEYS, in this order"], rows)


def written(page: str) -> str:
    """The page with all of its generated parts made anew."""
    page = replace(page, "pool keys", pool_keys_table())
    page = replace(page, "channels", channels_table())
    page = replace(page, "registry keys", registry_table())
    page = replace(page, "fields", fields_table())
    return replace(page, "script keys", scripts_table())


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
