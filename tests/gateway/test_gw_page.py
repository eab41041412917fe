"""The pages: what is sent, with which headers, to whom; and that nothing but the files of the build ever is."""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib

import pytest
from gw_page import HTML, ICON, SCRIPT, STYLE, fake_build
from gw_seen import ADMIN, House, Sent, ask, exchange_of

from franca.gateway.config.shape import Config, GatewayTable, PageTable, StoreTable
from franca.gateway.page import chat_page, files, is_page, page_files, serve_page
from franca.gateway.page.files import read_files
from franca.gateway.problem import Problem

GZIP = (b"accept-encoding", b"gzip, deflate, br, zstd")
JS, CSS = "/page/chat-AbCd_-12.js", "/page/chat-12345678.css"
KINDS = {
    "/": b"text/html; charset=utf-8",
    "/status": b"text/html; charset=utf-8",
    JS: b"text/javascript; charset=utf-8",
    CSS: b"text/css; charset=utf-8",
    "/page/icon.svg": b"image/svg+xml",
    "/page/words.json": b"application/json",
}


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The small build in the place of the real one."""
    found = read_files(fake_build(tmp_path / "built"))
    monkeypatch.setattr(files, "_files", found)
    return found


def house(remote_images=True, **settings):
    gateway = GatewayTable(**({"admin_key": ADMIN} | settings))
    return House(
        config=Config(store=StoreTable(url="none"), gateway=gateway, page=PageTable(remote_images=remote_images))
    )


def policy_of(sent):
    said = sent.headers[b"content-security-policy"]
    return dict(part.strip().partition(b" ")[::2] for part in said.split(b";"))


# ---- what is sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "kind"), KINDS.items())
def test_every_file_is_sent_with_its_headers(built, path, kind):
    """Type, length, ETag, a strict policy; no one may frame, sniff, or tell other sites of it."""
    sent = ask(serve_page, house(), path)
    assert sent.status == 200
    assert sent.headers[b"content-type"] == kind
    assert int(sent.headers[b"content-length"]) == len(sent.body) > 0
    assert re.fullmatch(rb'"[0-9a-f]{24}"', sent.headers[b"etag"])
    assert sent.headers[b"vary"] == b"accept-encoding"
    assert sent.headers[b"x-content-type-options"] == b"nosniff"
    assert sent.headers[b"x-frame-options"] == b"DENY"
    assert sent.headers[b"referrer-policy"] == b"no-referrer"


def test_the_policy_lets_nothing_in(built):
    """Nothing but our own code, no markup from text, nobody else to talk to; pictures of others where that is set."""
    policy = policy_of(ask(serve_page, house(), "/"))
    assert policy[b"default-src"] == b"'none'"
    assert policy[b"script-src"] == policy[b"style-src"] == policy[b"connect-src"] == b"'self'"
    assert policy[b"img-src"] == b"'self' blob: data: https:"
    assert policy[b"media-src"] == b"blob: data:"
    assert policy[b"require-trusted-types-for"] == b"'script'"
    assert policy[b"trusted-types"] == policy[b"base-uri"] == policy[b"frame-ancestors"] == b"'none'"
    assert policy[b"form-action"] == b"'none'"
    assert policy_of(ask(serve_page, house(remote_images=False), "/"))[b"img-src"] == b"'self' blob: data:"


def test_what_is_named_by_its_content_is_kept_for_ever(built):
    """A browser asks again for pages and for files whose names stay the same, and never for the others."""
    kept = {path: ask(serve_page, house(), path).headers[b"cache-control"] for path in KINDS}
    for path in (JS, CSS):
        assert kept.pop(path) == b"public, max-age=31536000, immutable"
    assert set(kept.values()) == {b"no-cache"}


def test_gzip_is_sent_to_who_takes_it(built):
    """The same bytes, smaller, with an ETag of their own and no time in them."""
    plain, packed = ask(serve_page, house(), JS), ask(serve_page, house(), JS, headers=[GZIP])
    assert b"content-encoding" not in plain.headers
    assert packed.headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(packed.body) == plain.body == SCRIPT
    assert int(packed.headers[b"content-length"]) == len(packed.body) < len(plain.body)
    assert packed.headers[b"etag"] != plain.headers[b"etag"]
    assert packed.body[4:8] == bytes(4)
    assert packed.body == ask(serve_page, house(), JS, headers=[GZIP]).body
    assert b"content-encoding" not in ask(serve_page, house(), "/page/icon.svg", headers=[GZIP]).headers  # no smaller
    assert ask(serve_page, house(), "/page/icon.svg").body == ICON


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        (b"gzip", True), (b"GZIP;q=0.5", True), (b"x-gzip", True), (b"*", True), (b"br, *;q=0.1", True),
        (b"gzip;q=1.0, identity; q=0", True),
        (b"gzip;q=0", False), (b"gzip; q=0.000", False), (b"*;q=0", False), (b"*, gzip;q=0", False), (b"br", False),
        (b"", False), (b"identity", False), (b"gzipped", False), (b"\xff;q=;;,,=", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(built, accepted, taken):
    """What is refused by a quality of 0 is not sent, and odd headers break nothing."""
    sent = ask(serve_page, house(), JS, headers=[(b"accept-encoding", accepted)])
    assert (sent.headers.get(b"content-encoding") == b"gzip") == taken


@pytest.mark.parametrize("more", [[], [GZIP]], ids=["plain", "gzip"])
@pytest.mark.parametrize("path", KINDS)
def test_what_is_known_is_not_sent_again(built, path, more):
    """An ETag given back, alone, weak or among others, is answered 304 without a body, with what a cache wants."""
    first = ask(serve_page, house(), path, headers=more)
    etag = first.headers[b"etag"]
    for given in (etag, b"W/" + etag, b'"other", ' + etag, b"*"):
        sent = ask(serve_page, house(), path, headers=[*more, (b"if-none-match", given)])
        assert (sent.status, sent.body) == (304, b"")
        assert not {b"content-length", b"content-type"} & set(sent.headers)  # 0 would be taken for the file's own
        for name in (b"etag", b"cache-control", b"vary"):
            assert sent.headers[name] == first.headers[name]
    assert ask(serve_page, house(), path, headers=[*more, (b"if-none-match", b'"other"')]).status == 200


def test_the_etag_of_one_form_does_not_stand_for_the_other(built):
    """Or a cache could mix packed bytes with plain headers."""
    packed = ask(serve_page, house(), JS, headers=[GZIP]).headers[b"etag"]
    assert ask(serve_page, house(), JS, headers=[(b"if-none-match", packed)]).status == 200


def test_head_is_get_without_a_body(built):
    """With the length that the body would have."""
    sent = ask(serve_page, house(), "/", "HEAD")
    assert sent.body == b""
    assert int(sent.headers[b"content-length"]) == len(HTML)


# ---- what is not ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/page/nothing.js", "/page/../index.html", "/page/../../files.py", "/page/odd name.js", "/page/.hidden.js",
     "/page/tool.py", "/page/inner.html", "/page/deeper", "/page/", "/page//icon.svg", "/page/secret.txt",
     "/page/%2e%2e/secret.txt", "/page/..\\secret.txt", "/page/icon.svg\0", "/page/ICON.SVG"],
)  # fmt: skip
def test_only_the_table_leads_to_files(built, path):
    """No path of a request reaches the file system: what is not in the table made of the build is not there."""
    assert is_page(path)
    with pytest.raises(Problem) as caught:
        ask(serve_page, house(), path)
    assert (caught.value.status, caught.value.code) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "settings", "there"),
    [
        ("/", {"page": False}, False),
        ("/status", {"page": False}, True),
        (JS, {"page": False}, True),  # the two pages share files
        ("/", {"admin_key": None}, True),
        ("/status", {"admin_key": None}, False),
        (JS, {"admin_key": None}, True),
        (JS, {"admin_key": None, "page": False}, False),
        ("/", {"admin_key": None, "page": False}, False),
    ],
)
def test_pages_can_be_switched_off(built, path, settings, there):
    """The chat by its switch; the status by there being no admin."""
    if there:
        assert ask(serve_page, house(**settings), path).status == 200
        return
    with pytest.raises(Problem) as caught:
        ask(serve_page, house(**settings), path)
    assert caught.value.status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_are_only_read(built, method):
    """405, with what is allowed."""
    with pytest.raises(Problem) as caught:
        ask(serve_page, house(), "/", method)
    assert caught.value.status == 405
    assert (b"allow", b"GET, HEAD") in caught.value.headers


def test_without_a_build_it_says_so(monkeypatch, tmp_path):
    """A folder that is not there is an error that tells what to do, not a fault."""
    monkeypatch.setattr(files, "_files", read_files(tmp_path / "nowhere"))
    with pytest.raises(Problem) as caught:
        ask(serve_page, house(), "/")
    assert (caught.value.status, caught.value.code) == (404, "page_not_built")
    assert "make page" in caught.value.message


def test_a_base_path_gets_its_slash(built):
    """From /gateway the addresses of the page would be resolved beside it; the way there is relative, and no Host or
    odd path can turn it elsewhere."""

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


# ---- the page by itself -----------------------------------------------------------------------------


def sent_by(app, path, method="GET", headers=(), root=""):
    sent = Sent()
    scope = {"type": "http", "method": method, "path": path, "root_path": root, "headers": list(headers)}
    asyncio.run(app(scope, None, sent.send))
    return sent


def test_the_page_can_be_served_alone(built):
    """As an application of its own, below any path; without a status page."""
    app = chat_page()
    assert sent_by(app, "/").body == HTML
    assert sent_by(app, "/llm/page/chat-12345678.css", root="/llm").body == STYLE
    assert gzip.decompress(sent_by(app, JS, headers=[GZIP]).body) == SCRIPT
    assert sent_by(app, "/llm", root="/llm").headers[b"location"] == b"llm/"
    assert policy_of(sent_by(app, "/"))[b"img-src"] == b"'self' blob: data: https:"
    assert policy_of(sent_by(chat_page(remote_images=False), "/"))[b"img-src"] == b"'self' blob: data:"
    assert (sent_by(app, "/", "HEAD").status, sent_by(app, "/", "HEAD").body) == (200, b"")
    known = sent_by(app, JS, headers=[(b"if-none-match", sent_by(app, JS).headers[b"etag"])])
    assert (known.status, b"content-length" in known.headers) == (304, False)
    for path, method, status in (("/status", "GET", 404), ("/v1/models", "GET", 404), ("/", "POST", 405)):
        answer = sent_by(app, path, method)
        assert answer.status == status
        assert b'"error"' in answer.body
        assert answer.headers[b"x-content-type-options"] == b"nosniff"


def test_the_page_alone_lives_and_hangs_up(built):
    """It takes the events of a server's life, and no websockets."""
    app = chat_page()

    async def told(kind, *events):
        waiting, sent = [{"type": event} for event in events], []

        async def receive():
            return waiting.pop(0)

        async def send(message):
            sent.append(message["type"])

        await app({"type": kind}, receive, send)
        return sent

    life = asyncio.run(told("lifespan", "lifespan.startup", "lifespan.shutdown"))
    assert life == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert asyncio.run(told("websocket", "websocket.connect")) == ["websocket.close"]


# ---- what ships -------------------------------------------------------------------------------------


def test_what_ships_is_whole():
    """Both pages are built, and each file that they name is there, with an address that is relative."""
    shipped = page_files()
    assert {"/", "/status", "/page/icon.svg"} <= shipped.keys()
    for path in ("/", "/status"):
        text = shipped[path].body.decode()
        assert not re.search(r"<style|style=|\son\w+=|javascript:", text)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
        named = [name.removeprefix("./") for name in re.findall(r'(?:src|href)="([^"]*)"', text)]
        assert named
        assert all(f"/{name}" in shipped for name in named)


def test_what_ships_is_packed_as_a_reader_unpacks_it():
    """Each packed file is the file itself."""
    packed = [file for file in page_files().values() if file.packed is not None]
    assert packed
    for file in packed:
        assert zlib.decompress(file.packed, zlib.MAX_WBITS | 16) == file.body
