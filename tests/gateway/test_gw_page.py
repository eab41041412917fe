"""The pages: what is sent, with which headers, and that nothing in them needs more than the policy allows."""

from __future__ import annotations

import re

import pytest
from gw_seen import ADMIN, House, ask

from franca.gateway.config.shape import Config, GatewayTable, StoreTable
from franca.gateway.page import find, serve_page
from franca.gateway.problem import Problem

PATHS = {
    "/": b"text/html; charset=utf-8",
    "/page/chat.js": b"text/javascript; charset=utf-8",
    "/page/chat.css": b"text/css; charset=utf-8",
    "/page/icon.svg": b"image/svg+xml",
    "/status": b"text/html; charset=utf-8",
    "/page/status.js": b"text/javascript; charset=utf-8",
    "/page/status.css": b"text/css; charset=utf-8",
}


def house(**settings):
    return House(config=Config(store=StoreTable(url="none"), gateway=GatewayTable(**({"admin_key": ADMIN} | settings))))


@pytest.mark.parametrize(("path", "kind"), PATHS.items())
def test_every_file_is_sent_with_its_headers(path, kind):
    """Type, length, ETag, a strict policy; no one may frame, sniff or keep it without asking."""
    sent = ask(serve_page, house(), path)
    assert sent.status == 200
    assert sent.headers[b"content-type"] == kind
    assert int(sent.headers[b"content-length"]) == len(sent.body) > 0
    assert re.fullmatch(rb'"[0-9a-f]{24}"', sent.headers[b"etag"])
    policy = dict(part.strip().partition(b" ")[::2] for part in sent.headers[b"content-security-policy"].split(b";"))
    assert policy[b"default-src"] == b"'none'"
    assert policy[b"script-src"] == policy[b"style-src"] == policy[b"connect-src"] == b"'self'"
    assert policy[b"require-trusted-types-for"] == b"'script'"
    assert policy[b"trusted-types"] == policy[b"base-uri"] == policy[b"frame-ancestors"] == b"'none'"
    assert sent.headers[b"x-content-type-options"] == b"nosniff"
    assert sent.headers[b"x-frame-options"] == b"DENY"
    assert sent.headers[b"referrer-policy"] == b"no-referrer"
    assert sent.headers[b"cache-control"] == b"no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_what_is_known_is_not_sent_again(path):
    """An ETag given back, alone, weak or among others, is answered 304 without a body."""
    etag = find(path).etag
    for given in (etag, b"W/" + etag, b'"other", ' + etag, b"*"):
        sent = ask(serve_page, house(), path, headers=[(b"if-none-match", given)])
        assert (sent.status, sent.body) == (304, b"")
        assert sent.headers[b"etag"] == etag
    assert ask(serve_page, house(), path, headers=[(b"if-none-match", b'"other"')]).status == 200


def test_head_is_get_without_a_body():
    """With the length that the body would have."""
    sent = ask(serve_page, house(), "/", "HEAD")
    assert sent.body == b""
    assert int(sent.headers[b"content-length"]) == len(find("/").body)


@pytest.mark.parametrize(
    ("path", "method", "status", "settings"),
    [
        ("/page/nothing.js", "GET", 404, {}),
        ("/page/../files.py", "GET", 404, {}),
        ("/page/__init__.py", "GET", 404, {}),
        ("/", "POST", 405, {}),
        ("/", "GET", 404, {"page": False}),
        ("/page/chat.js", "GET", 404, {"page": False}),
        ("/status", "GET", 404, {"admin_key": None}),
        ("/page/status.js", "GET", 404, {"admin_key": None}),
    ],
)
def test_what_is_not_there(path, method, status, settings):
    """Only the files of the table are sent; the chat may be switched off, and without an admin there is no status."""
    with pytest.raises(Problem) as caught:
        ask(serve_page, house(**settings), path, method)
    assert caught.value.status == status


def test_a_base_path_gets_its_slash():
    """From /gateway the addresses of the page would be resolved beside it; the way there is relative, and no Host or
    odd path can turn it elsewhere."""
    import asyncio

    from gw_seen import Sent, exchange_of

    def redirected(path):
        sent = Sent()
        exchange = exchange_of("", "GET", sent=sent)
        exchange.scope["path"] = path
        asyncio.run(serve_page(exchange, house()))
        return sent

    assert (redirected("/gateway").status, redirected("/gateway").headers[b"location"]) == (307, b"gateway/")
    assert redirected("/a/b").headers[b"location"] == b"b/"
    for path in ("/x:y", "/a\r\nb", "//evil.example/%2f", "/é"):
        assert b"location" not in redirected(path).headers


@pytest.mark.parametrize("path", ["/", "/status"])
def test_pages_keep_to_their_policy(path):
    """No inline script, style or handler, no address of another origin, none that is not relative; each one that is
    named is there."""
    text = find(path).body.decode()
    assert not re.search(r"<style|style=|\son\w+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    named = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert named
    assert all(find("/" + name) is not None for name in named)


@pytest.mark.parametrize("path", [path for path in PATHS if path.endswith(".js")])
def test_scripts_write_text_only(path):
    """Nothing that servers, models or callers say becomes markup or code, and all addresses are relative."""
    text = find(path).body.decode()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|\.style\b", text
    )
    assert not re.search(r"https?://", text)
    addresses = re.findall(r'fetch\("([^"]+)"', text)
    assert addresses
    assert not any(address.startswith("/") for address in addresses)


def test_the_admin_key_is_kept_nowhere():
    """The status page holds it in a variable: no storage, no cookie, no address."""
    assert not re.search(
        r"localStorage|sessionStorage|cookie|indexedDB|location", find("/page/status.js").body.decode()
    )


def test_the_chat_keeps_a_key_only_when_told():
    """What is stored is the model's name, and the key while its box is checked."""
    text = find("/page/chat.js").body.decode()
    assert re.findall(r'store\.set\("franca\.key", ([^)]*)\(?\)?', text) == ["keep.checked ? key.value.trim("] * 2


def test_the_page_is_small():
    """All of it together, without any compression."""
    assert sum(len(find(path).body) for path in PATHS) < 40_000
