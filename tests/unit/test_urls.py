"""Redis URLs: what is refused, in which words, and that no password is among them."""

import pytest

from skedulr.transport.urls import refusal

SECRET = "open-sesame"


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost/",
        "redis://localhost:6379/15",
        "redis://localhost:6379/0/",
        "redis://:a%40b%2Fc@localhost:6379/0",
        "redis://user:secret@[::1]:6380?db=3&protocol=3",
        "rediss://host?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false",
        "unix:///run/redis.sock",
        "unix://user:secret@/run/redis.sock?db=1",
    ],
)
def test_what_a_server_can_be_reached_by_is_taken(url: str) -> None:
    assert refusal(url) == ""


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "''; give redis://host:6379/0, rediss://… or unix://…"),
        ("localhost:6379", "'localhost:6379'; give redis://host:6379/0"),
        (f"http://:{SECRET}@localhost", "'http://localhost'; give redis://host:6379/0"),
        (f"redis://:{SECRET}@h/x", "'redis://h/x': its database is 'x', and must be one number"),
        (
            "redis://h/0/1",
            "its database is '0/1', and must be one number; write redis://host:6379/0",
        ),
        ("redis://h/-1", "its database is '-1'"),
        ("redis://h/²", "its database is '²'"),
        ("redis://h?db=x", "its option db is 'x', and must be a number"),
        ("unix:///run/s?db=x", "its option db is 'x', and must be a number"),
        ("redis://h?db=", "its option db has no value"),
        ("redis://h:six/0", "'redis://h:…/0': its port is no number from 1 to 65535"),
        ("redis://h:0", "its port is no number from 1 to 65535"),
        ("redis://h:99999", "its port is no number from 1 to 65535"),
        (f"redis://user:{SECRET}", "'redis://user:…': its port is no number"),
        (f"redis://:{SECRET}/0", "'redis://:…/0': its port is no number"),
        ("redis:///0", "'redis:///0': it names no host"),
        ("redis://", "it names no host"),
        (f"redis://:{SECRET}@:6379", "it names no host"),
        ("redis://[::1", "an IPv6 address is written redis://[::1]:6379/0"),
        ("unix://", "it names no socket; write unix:///run/redis.sock"),
        ("redis://h/0#x", "write %23 for #"),
        ("redis://h/0?protocl=3", "its option 'protocl' is none; did you mean 'protocol'?"),
        ("redis://h/0?colour=1", "there are client_name, db"),
        ("redis://h?ssl_cert_reqs=none", "is for TLS; begin it with rediss://"),
        ("unix:///s?socket_keepalive=1", "its option 'socket_keepalive' is none"),
        (f"redis://h?socket_timeout={SECRET}", "its option socket_timeout cannot have that value"),
        (f"redis://h?password={SECRET}&nonsense=1", "its option 'nonsense' is none"),
        (f"redis://:a/{SECRET}@h", "write %40 for @"),
        (f"redis://:a?{SECRET}@h", "write %40 for @"),
        (f"redis://:a#{SECRET}@h", "write %40 for @"),
    ],
)
def test_anything_else_is_refused_with_what_to_write_and_without_the_password(
    url: str, says: str
) -> None:
    said = refusal(url)
    assert "is no Redis URL" in said
    assert says in said.replace(" is no Redis URL", "")
    assert SECRET not in said


@pytest.mark.parametrize("url", [None, 5, f"redis://:{SECRET}@h".encode()])
def test_what_is_no_text_is_none(url: object) -> None:
    said = refusal(url)
    assert "is no Redis URL; give redis://host:6379/0" in said
    assert SECRET not in said
