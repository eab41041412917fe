"""Any other request to OpenRouter: methods, queries, bodies; over the built-in transports and over httpx."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from franca import errors
from franca.flow.catalog import request
from franca.openrouter import AsyncOpenRouter, OpenRouter

from .played import Stage

MANAGEMENT = "sk-or-v1-management"


@pytest.mark.parametrize("method", ["GET", "get"])
def test_a_query_is_encoded_in_one_place(sim, router, method):
    """Lists joined by commas, and what the path says already stays."""
    found = router.call("request", method, "models?limit=3", query={"supported_parameters": ["tools"], "q": "a b"})
    assert found.status == 200
    assert sim.requests[-1].path.endswith("/models?limit=3&supported_parameters=tools&q=a%20b")


def life_of_a_key(call):
    """A key made, changed and deleted by bare requests: (statuses, the last answer)."""
    made = call("POST", "keys", {"name": "raw"})
    hash_ = made.json()["data"]["hash"]
    changed = call("PATCH", f"keys/{hash_}", {"name": "changed"})
    gone = call("DELETE", f"keys/{hash_}")
    return [made.status, changed.status, gone.status], changed.json()["data"]["name"], gone.json()


def test_post_patch_delete(both, url):
    made = both(base_url=url, api_key=MANAGEMENT)
    assert life_of_a_key(lambda *given: made.call("request", *given)) == ([201, 200, 200], "changed", {"deleted": True})


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_post_patch_delete_over_httpx(library, url):
    """The adapter sends any method, too."""
    found = pytest.importorskip(library)
    with found.Client() as http, OpenRouter(MANAGEMENT, base_url=url, transport=http) as client:
        assert life_of_a_key(client.request) == ([201, 200, 200], "changed", {"deleted": True})


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_post_patch_delete_over_async_httpx(library, url):
    found = pytest.importorskip(library)

    async def living():
        async with found.AsyncClient() as http, AsyncOpenRouter(MANAGEMENT, base_url=url, transport=http) as client:
            made = await client.request("POST", "keys", {"name": "raw"})
            path = f"keys/{made.json()['data']['hash']}"
            changed = await client.request("PATCH", path, {"name": "changed"})
            gone = await client.request("DELETE", path)
            return [made.status, changed.status, gone.status], changed.json()["data"]["name"], gone.json()

    assert asyncio.run(living()) == ([201, 200, 200], "changed", {"deleted": True})


def test_bytes_go_as_they_are(sim, router):
    """With a type of the caller's own: a form with a file, for what takes one."""
    form = (
        b'--cut\r\nContent-Disposition: form-data; name="model"\r\n\r\neast/scribe\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        b"RIFF....WAVEfmt \r\n--cut--\r\n"
    )
    found = router.call(
        "request", "POST", "audio/transcriptions", form,
        headers={"content-type": "multipart/form-data; boundary=cut"},
    )  # fmt: skip
    assert found.json()["text"]
    assert sim.requests[-1].raw == form


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("FETCH", "x"), "'FETCH' is no method that can be sent; there are: GET, POST"),
        ((None, "x"), "None is no method"),
        (("GET / HTTP/1.1\r\nX: y", "x"), "is no method that can be sent"),
        (("GET", "x", {}), "GET has no body; what the address asks goes into query="),
        (("HEAD", "x", b""), "HEAD has no body"),
        (("POST", 5), "a path is text"),
        (("GET", "https://elsewhere.example/x"), "is not on http"),
    ],
)
def test_wrong_requests(router, given, text):
    with pytest.raises(errors.BadUsage) as caught:
        router.call("request", *given)
    assert text in caught.value.message


@pytest.mark.parametrize(
    ("options", "text"), [({"model": "m"}, "delete takes no model"), ({"query": "a=b"}, "query is a mapping")]
)
def test_wrong_options(router, options, text):
    with pytest.raises(errors.BadUsage, match=text):
        router.call("request", "DELETE", "x", **options)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_redirects_are_followed_for_get_alone(method):
    """Any other request would be sent to a place that nobody named, and perhaps done twice."""
    stage = Stage()
    moved = (b"", 307, {"location": "http://fake/api/v1/there"})
    with pytest.raises(errors.StatusError, match="redirects"):
        stage.play(request(stage.session, method, "here", None, {"retries": 0}), moved)
    assert len(stage.sent) == 1


def test_a_get_is_redirected():
    stage = Stage()
    found = stage.play(
        request(stage.session, "GET", "here", None, {}, {"a": 1}),
        (b"", 307, {"location": "http://fake/api/v1/there"}),
        {"ok": True},
    )
    assert found.json() == {"ok": True}
    assert stage.urls == ["here?a=1", "there"]


def test_a_query_that_says_nothing_leaves_no_trace():
    stage = Stage()
    stage.play(request(stage.session, "GET", "x", None, {}, {"a": None}), {})
    assert stage.urls == ["x"]
    with pytest.raises(errors.BadUsage, match="a path is text"):
        request(stage.session, "GET", 5, None, {}, {"a": 1})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_what_is_tried_again(method):
    """By the policy as everywhere: refused connections and busy servers, for every method."""
    stage = Stage()
    body = None if method in ("GET", "HEAD") else {"a": 1}
    stage.play(
        request(stage.session, method, "x", body, {}),
        errors.ConnectFailed("refused"),
        ({"error": {"message": "busy"}}, 503),
        {"ok": True},
    )
    assert [sent.method for sent in stage.sent] == [method] * 3
    assert len({sent.body for sent in stage.sent}) == 1


def test_a_body_is_said_to_be_json_and_nothing_is_not():
    stage = Stage()
    stage.play(request(stage.session, "PATCH", "x", {"a": 1}, {}), {})
    stage.play(request(stage.session, "DELETE", "x", None, {}), (b"", 204))
    with_body, without = ({name.lower(): value for name, value in sent.headers} for sent in stage.sent)
    assert with_body["content-type"] == "application/json"
    assert "content-type" not in without
    assert msgspec.json.decode(stage.sent[0].body) == {"a": 1}
