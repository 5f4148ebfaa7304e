"""The URL of a Redis server: what is wrong with one, and how it is shown without its secrets.

redis-py takes a database that is no number for 0, a port of 0 for the usual one, no host for this
machine, and fails on an option that it does not know when it first connects; so all of it is looked
at before.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

import redis

from skedulr.errors import ConfigurationError
from skedulr.wording import short, similar, without_secrets

_EXAMPLE: Final = "redis://host:6379/0"
_FORMS: Final = (
    f"give {_EXAMPLE}, rediss://… or unix://…, "
    "and in a password write %40 for @, %2F for /, %23 for #, %3F for ?"
)
_DATABASE: Final = re.compile(r"/?|/\d{1,9}/?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)

_ANYWHERE: Final = frozenset(
    (
        "username",
        "password",
        "db",
        "protocol",
        "client_name",
        "decode_responses",
        "encoding",
        "encoding_errors",
        "health_check_interval",
        "socket_timeout",
        "socket_connect_timeout",
        "socket_read_size",
        "retry_on_timeout",
        "max_connections",
    )
)
_OVER_TCP: Final = frozenset(["socket_keepalive"])
_OVER_TLS: Final = frozenset(
    (
        "ssl_ca_certs",
        "ssl_ca_data",
        "ssl_ca_path",
        "ssl_cert_reqs",
        "ssl_certfile",
        "ssl_check_hostname",
        "ssl_ciphers",
        "ssl_include_verify_flags",
        "ssl_exclude_verify_flags",
        "ssl_keyfile",
        "ssl_min_version",
        "ssl_password",
    )
)
_OPTIONS: Final = {
    "unix": _ANYWHERE,
    "redis": _ANYWHERE | _OVER_TCP,
    "rediss": _ANYWHERE | _OVER_TCP | _OVER_TLS,
}


def refusal(url: object) -> str:
    """Why this is no URL of a Redis server and what to write instead, without any password; empty
    where it is one.
    """
    if not isinstance(url, str) or "@" in _behind_the_host(url):
        return f"{without_secrets(str(url))!r} is no Redis URL; {_FORMS}"
    fault = _fault(url)
    colon = ";" if fault == _FORMS else ":"
    return fault and f"{_shown(url)!r} is no Redis URL{colon} {fault}"


def check(setting: str, url: str) -> None:
    """Raises ``ConfigurationError``, which names the setting, where that is no URL of a server."""
    if fault := refusal(url):
        raise ConfigurationError(f"{setting}: {fault}")


def _behind_the_host(url: str) -> str:
    """What cannot hold an ``@`` unless a password was taken for host and port."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.path + parts.query + parts.fragment


def _shown(url: str) -> str:
    """The URL without secrets; what was taken for a port could be one."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        scheme, _, rest = without_secrets(url).partition("://")
        place, slash, path = rest.partition("/")
        return f"{scheme}://{place.rpartition(':')[0]}:…{slash}{path}"
    return without_secrets(url)


def _fault(url: str) -> str:
    scheme = url.partition("://")[0]
    if scheme not in _OPTIONS or "://" not in url:
        return _FORMS
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"an IPv6 address is written redis://[::1]:6379/0; {_FORMS}, %5B for ["
    fault = _fault_of_path(parts) if scheme == "unix" else _fault_of_place(parts)
    if fault:
        return fault
    if parts.fragment:
        return "it goes on behind a #; leave that out, and in a password write %23 for #"
    return _fault_of_options(scheme, parts.query) or _fault_elsewhere(url)


def _fault_of_path(parts: SplitResult) -> str:
    if not parts.path.strip("/"):
        return "it names no socket; write unix:///run/redis.sock?db=0"
    return ""


def _fault_of_place(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return f"its port is no number from 1 to 65535; {_FORMS}"
    if not parts.hostname:
        return f"it names no host; write {_EXAMPLE}"
    if not _DATABASE.fullmatch(parts.path):
        found = parts.path.removeprefix("/")
        return f"its database is {short(found)}, and must be one number; write {_EXAMPLE}"
    return ""


def _fault_of_options(scheme: str, query: str) -> str:
    known = _OPTIONS[scheme]
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in _OVER_TLS and name not in known:
            return f"its option {name} is for TLS; begin it with rediss://, or leave {name} out"
        if name not in known:
            hint = similar(name, known) or f"there are {', '.join(sorted(known))}"
            return f"its option {short(name)} is none; {hint}"
        if not value:
            return f"its option {name} has no value; give one, or leave {name} out"
        if name == "db" and not _NUMBER.fullmatch(value):
            return f"its option db is {short(value)}, and must be a number; write {_EXAMPLE}"
    return ""


def _fault_elsewhere(url: str) -> str:
    try:
        redis.connection.parse_url(url)
    except (ValueError, TypeError, AttributeError) as error:
        named = re.search(r"Invalid value for '(\w+)'", str(error))
        # What else it says can hold a part of the password.
        return f"its option {named[1]} cannot have that value" if named else _FORMS
    return ""
