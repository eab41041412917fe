"""Which pages of other origins may ask: none unless they are named, and never with credentials."""

from __future__ import annotations

import pytest

from franca.gateway.config.shape import CorsTable
from franca.gateway.cors import Cors, is_foreign, is_local_host

CHAT = "/v1/chat/completions"
PAGE = b"https://app.example"
ASK = {b"origin": PAGE, b"access-control-request-method": b"POST"}


def cors(*origins, **settings):
    return Cors(CorsTable(origins=origins, **settings))


def test_off_unless_set():
    """Without origins there is neither a header nor a preflight."""
    rules = cors()
    assert not rules.enabled
    assert rules.headers(ASK, CHAT) == ()
    assert rules.preflight("OPTIONS", ASK, CHAT) is None
    assert not rules.allows(PAGE)


def test_a_known_origin_is_named_back():
    """The answer names this one origin, and says that it differs by origin; others get only the latter."""
    rules = cors("https://app.example")
    found = dict(rules.headers({b"origin": PAGE}, CHAT))
    assert found[b"access-control-allow-origin"] == PAGE
    assert found[b"vary"] == b"Origin"
    assert b"x-request-id" in found[b"access-control-expose-headers"]
    assert rules.allows(PAGE)
    for other in (b"https://evil.example", b"https://app.example.evil", b"http://app.example", b"null", b"", b"\xff"):
        assert rules.headers({b"origin": other}, CHAT) == ((b"vary", b"Origin"),)
        assert not rules.allows(other)
    assert rules.headers({}, CHAT) == ((b"vary", b"Origin"),)


@pytest.mark.parametrize("written", ["https://APP.example", "https://app.example/", "https://app.example:443"])
def test_an_origin_may_be_written_in_several_ways(written):
    """Case, a slash at the end and the scheme's own port make no other origin; another port does."""
    rules = cors(written)
    assert rules.allows(PAGE)
    assert not rules.allows(b"https://app.example:8443")


def test_ports_and_addresses_are_kept():
    """Of a page on this machine the port counts, also behind an IPv6 address."""
    rules = cors("http://localhost:5173", "http://[::1]:80")
    assert rules.allows(b"http://localhost:5173")
    assert rules.allows(b"http://[::1]")
    assert not rules.allows(b"http://localhost")
    assert not rules.allows(b"http://[::1")
    assert not rules.allows(b"http://localhost:x")


def test_a_star_allows_all_without_naming_them():
    """The same answer for every origin, so caches need not tell them apart."""
    found = cors("*").headers({b"origin": b"null"}, CHAT)
    assert dict(found)[b"access-control-allow-origin"] == b"*"
    assert b"vary" not in dict(found)
    assert cors("*").headers({}, CHAT) == ()


@pytest.mark.parametrize("origins", [("*",), ("https://app.example",), ("null",), ("*", "https://app.example")])
def test_credentials_are_never_allowed(origins):
    """Cookies prove nothing here, so no origin may send them; and no sandboxed page is known by being none."""
    rules = cors(*origins)
    for found in (rules.headers(ASK, CHAT), rules.preflight("OPTIONS", ASK, CHAT)):
        assert b"access-control-allow-credentials" not in dict(found)
    assert rules.allows(b"null") == ("*" in origins)


def test_a_preflight_is_told_what_it_may():
    """Methods, the very headers it asked for, and for how long that holds."""
    asked = b"authorization,content-type,x-stainless-os"
    found = dict(
        cors(PAGE.decode(), max_age=60).preflight("OPTIONS", {**ASK, b"access-control-request-headers": asked}, CHAT)
    )
    assert found[b"access-control-allow-origin"] == PAGE
    assert found[b"access-control-allow-methods"] == b"GET, POST, DELETE"
    assert found[b"access-control-allow-headers"] == asked
    assert found[b"access-control-max-age"] == b"60"
    assert found[b"vary"] == b"Origin, Access-Control-Request-Headers"


@pytest.mark.parametrize("asked", [b"x\r\nset-cookie: a=b", b"x" * 3000, b"x: y", b"\xff", b""])
def test_odd_headers_are_not_echoed(asked):
    """Only a list of names is given back."""
    found = dict(cors("*").preflight("OPTIONS", {**ASK, b"access-control-request-headers": asked}, CHAT))
    assert b"access-control-allow-headers" not in found


def test_a_preflight_of_a_stranger_gets_no_leave():
    """It is answered, without the header that a browser looks for."""
    assert cors("https://other.example").preflight("OPTIONS", ASK, CHAT) == (
        (b"vary", b"Origin, Access-Control-Request-Headers"),
    )


def test_what_is_no_preflight_goes_on():
    """Another method, or an OPTIONS without the two headers, is an ordinary request."""
    rules = cors("*")
    assert rules.preflight("POST", ASK, CHAT) is None
    assert rules.preflight("OPTIONS", {b"origin": PAGE}, CHAT) is None
    assert rules.preflight("OPTIONS", {b"access-control-request-method": b"POST"}, CHAT) is None


@pytest.mark.parametrize("path", ["/admin/v1/keys", "/admin/v1/status", "/metrics", "/status"])
def test_the_admin_is_nobodys_business(path):
    """No page of another origin may use the admin API, whatever is allowed."""
    assert cors("*").headers(ASK, path) == ()
    assert cors("*").preflight("OPTIONS", ASK, path) is None


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({b"host": b"127.0.0.1:8080"}, False),
        ({b"host": b"127.0.0.1:8080", b"origin": b"http://127.0.0.1:8080"}, False),
        ({b"host": b"LocalHost:8080", b"origin": b"http://localhost:8080"}, False),
        ({b"host": b"gw.example", b"origin": b"https://gw.example"}, False),
        ({b"host": b"gw.example", b"origin": b"http://gw.example"}, False),
        ({b"host": b"[::1]:8080", b"origin": b"http://[::1]:8080"}, False),
        ({b"host": b"127.0.0.1:8080", b"origin": b"http://127.0.0.1:9090"}, True),
        ({b"host": b"127.0.0.1:8080", b"origin": b"http://localhost:8080"}, True),
        ({b"host": b"127.0.0.1:8080", b"origin": b"https://evil.example"}, True),
        ({b"host": b"127.0.0.1:8080", b"origin": b"null"}, True),
        ({b"host": b"127.0.0.1:8080", b"origin": b"http://[bad"}, True),
        ({b"origin": b"https://evil.example"}, True),
        ({b"host": b"x", b"sec-fetch-site": b"none"}, False),
        ({b"host": b"x", b"sec-fetch-site": b"same-origin"}, False),
        ({b"host": b"x", b"sec-fetch-site": b"cross-site"}, True),
        ({b"host": b"x", b"sec-fetch-site": b"same-site"}, True),
    ],
)
def test_pages_of_others_are_known(headers, foreign):
    """By the Origin, or where a browser sends none, by what it says of the page that asks."""
    assert is_foreign(headers) is foreign


@pytest.mark.parametrize(
    ("host", "local"),
    [
        (b"localhost", True), (b"localhost:8080", True), (b"app.localhost:1", True), (b"127.0.0.1:8080", True),
        (b"127.1.2.3", True), (b"[::1]:8080", True), (b"LOCALHOST", True),
        (b"", False), (b"evil.example", False), (b"127.0.0.1.evil.example", False), (b"127.evil", False),
        (b"127.evil.x.y", False), (b"localhost.evil.example", False), (b"10.0.0.1", False), (b"localhost:x", False),
        (b"[::1", False),
    ],
)  # fmt: skip
def test_names_of_this_machine(host, local):
    """Only names that nobody else can point here count: a page may give its own name our address."""
    assert is_local_host({b"host": host}) is local


def test_no_host_is_no_name():
    """A request without a Host header is not of this machine by name."""
    assert is_local_host({}) is False
