"""Catalogue, account and keys of both clients, over sockets at the simulated OpenRouter."""

from __future__ import annotations

import logging
import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from franca import errors
from franca.flow.openrouter import account, catalogue
from franca.observe import Hooks, logging_hooks
from franca.openrouter.pages import Pages
from franca.simulator import Simulator
from franca.wire.openrouter.account import ApiKey, Credits, KeyInfo
from franca.wire.openrouter.catalogue import Endpoint, ModelEndpoints, Provider, RoutedModel

from .played import Stage

MANAGEMENT = "sk-or-v1-management"


def listed(made, pages):
    """All objects of pages of either kind."""
    return pages.all() if isinstance(pages, Pages) else made.do(lambda client: pages.all())


@pytest.fixture
def manager(both, url):
    """A client with a management key."""
    return both(base_url=url, api_key=MANAGEMENT)


def query(sim):
    return sim.requests[-1].path.partition("?")[2]


# ---- catalogue ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ({"supported_parameters": ["tools", "structured_outputs"]}, "supported_parameters=tools,structured_outputs"),
        ({"q": "a b&c"}, "q=a%20b%26c"),
        ({"context": 32_000, "max_price": 2.5}, "context=32000&max_price=2.5"),
        ({"min_price": 0, "min_tool_success_rate": 0.0}, "min_price=0&min_tool_success_rate=0"),
        ({"distillable": False, "zdr": True}, "distillable=false&zdr=true"),
        ({"zdr": False, "category": None, "providers": []}, ""),
        ({"output_modalities": "all", "input_modalities": ("text", "image")},
         "output_modalities=all&input_modalities=text,image"),
        ({"sort": "pricing-low-to-high", "region": "eu"}, "sort=pricing-low-to-high&region=eu"),
    ],
)  # fmt: skip
def test_filters_as_they_travel(sim, router, filters, sent):
    """Lists joined by commas, numbers as numbers; what says nothing is left out (the document knows no zdr=false)."""
    found = listed(router, router.client.models(**filters))
    assert query(sim) == f"{sent}&limit=500&offset=0".lstrip("&")
    assert all(isinstance(model, RoutedModel) for model in found)


def test_filters_narrow_down(router):
    every = listed(router, router.client.models(output_modalities="all"))
    some = listed(router, router.client.models(supported_parameters=["structured_outputs"]))
    assert 0 < len(some) < len(every)
    assert all(model.supports("structured_outputs") for model in some)


@pytest.mark.parametrize("filters", [{}, {"output_modalities": ["text", "image"]}, {"supported_parameters": "tools"},
                                     {"q": "scholar", "output_modalities": "all"}])  # fmt: skip
def test_counting_gives_the_length_of_the_list(router, filters):
    """Also with filters that `models/count` does not know, which would count all models."""
    count = router.call("count_models", **filters)
    assert count == len(listed(router, router.client.models(**filters))) > 0


@pytest.mark.parametrize(
    ("method", "given", "text"),
    [
        ("models", {"supported_parameter": "tools"}, "unknown filter 'supported_parameter'; did you mean "
                                                     "'supported_parameters'?"),
        ("models", {"supports": "tools"}, "unknown filter 'supports'; did you mean 'supported_parameters'?"),
        ("models", {"search": "gpt"}, "unknown filter 'search'; did you mean 'q'?"),
        ("count_models", {"min_context": 1000}, "unknown filter 'min_context'; did you mean 'context'?"),
        ("my_models", {"search": "gpt"}, "unknown filter 'search'; there are: limit, offset, output_modalities, sort"),
        ("models", {"q": object()}, "q is text, a number"),
        ("models", {"providers": ["a,b"]}, "'a,b' has a comma"),
        ("models", {"max_price": float("nan")}, "max_price is a number, not nan"),
        ("models", {"limit": 0}, "limit is a whole number from 1"),
        ("my_models", {"q": "x"}, "unknown filter 'q'"),
        ("embedding_models", {"sort": "newest"}, "unknown filter 'sort'"),
        ("count_models", {"limit": 3}, "unknown filter 'limit'"),
        ("count_models", {"sort": "newest"}, "unknown filter 'sort'"),
        ("get_model", {"id": "gpt-4o"}, "'author/name', such as 'openai/gpt-4o'; not 'gpt-4o'"),
        ("get_model", {"id": "a/../keys"}, "not 'a/../keys'"),
        ("get_model", {"id": "../keys"}, "'..' is no name that a path can hold"),
        ("get_model", {"id": None}, "not None"),
        ("model_endpoints", {"id": "a/"}, "not 'a/'"),
        ("providers", {"model": "x"}, "providers takes no model"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_before_anything_is_sent(sim, router, method, given, text):
    before = len(sim.requests)
    with pytest.raises(errors.BadUsage) as caught:
        router.call(method, **given)
    assert text in str(caught.value)
    assert len(sim.requests) == before


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("models", {}), ("embedding_models", {}), ("count_models", {}), ("count_models", {"q": "echo"}),
        ("get_model", {"id": "author/echo"}), ("model_endpoints", {"id": "author/echo"}),
        ("image_models", {}), ("providers", {}), ("zdr_endpoints", {}),
    ],
)  # fmt: skip
def test_the_catalogue_needs_no_key(sim, both, url, method, given):
    """It is public. What the account may use is not."""
    stranger = both(api_key=None, base_url=url)
    made = stranger.call(method, **given)
    assert stranger.do(lambda _: made.all()) if hasattr(made, "all") else made
    assert "authorization" not in {name.lower() for name in sim.requests[-1].headers}
    with pytest.raises(errors.BadUsage, match="OPENROUTER_API_KEY"):
        stranger.do(lambda client: client.my_models().all())


def test_a_header_of_one_s_own_is_the_key(sim, both, url):
    """For a proxy that wants another one."""
    both(api_key=None, base_url=url, headers={"Authorization": "Bearer mine"}).call("providers")
    assert "authorization" in {name.lower() for name in sim.requests[-1].headers}


def test_one_model(router):
    """Variants are part of the name, and aliases are resolved by the server."""
    assert router.call("get_model", "acme/scholar-1").id == "acme/scholar-1"
    assert router.call("get_model", "acme/scholar-1:free").id == "acme/scholar-1:free"
    assert router.call("get_model", "~acme/scholar-latest")["id"]
    with pytest.raises(errors.NotFound):
        router.call("get_model", "acme/no such")


def test_the_endpoints_of_a_model(router):
    found = router.call("model_endpoints", "acme/scholar-1")
    assert isinstance(found, ModelEndpoints)
    assert (found.id, found.status, len(found.endpoints) > 1) == ("acme/scholar-1", 200, True)
    assert found.metrics.tries == 1


@pytest.mark.parametrize(
    ("method", "kind"), [("image_models", RoutedModel), ("providers", Provider), ("zdr_endpoints", Endpoint)]
)
def test_lists_that_come_whole(router, method, kind):
    found = router.call(method)
    assert len(found) > 0
    assert all(isinstance(one, kind) for one in found)
    assert (found.status, found.server) == (200, "openrouter")


def test_other_lists_of_models(sim, router):
    assert listed(router, router.client.embedding_models(page_size=1))
    assert "embeddings/models?limit=1&offset=" in sim.requests[-1].path
    mine = listed(router, router.client.my_models(sort="newest", limit=3))
    assert len(mine) == 3
    assert query(sim) == "sort=newest&limit=3&offset=0"


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {"data": {"count": True}}, {"data": []}])
def test_a_count_that_is_not_told_is_an_error(body):
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="holds no count"):
        stage.play(catalogue.count_models(stage.session, {}), body)


# ---- account --------------------------------------------------------------------------------------


def test_credits_and_key(manager, router):
    credits = manager.call("credits")
    assert isinstance(credits, Credits)
    assert credits.remaining == credits.total_credits - credits.total_usage
    with pytest.raises(errors.Forbidden):
        router.call("credits")
    mine = router.call("key")
    assert isinstance(mine, KeyInfo)
    assert (mine.is_management_key, mine.limit) == (False, None)


def test_activity(sim, manager, router):
    router.call("chat", "Hello", model="author/echo")
    rows = manager.call("activity")
    day = datetime.now(UTC).date() - timedelta(days=1)
    hash_ = "0" * 64
    assert list(manager.call("activity", day, api_key_hash=hash_, group_by="workspace")) == []
    assert query(sim) == f"api_key_hash={hash_}&group_by=workspace&date={day.isoformat()}"
    assert all(row.date for row in rows)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-20", "2026-11-20"),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 23, 30, tzinfo=timezone(timedelta(hours=-2))), "2026-11-21"),
    ],
)
def test_a_day_is_one_in_utc(given, sent):
    stage = Stage()
    stage.play(account.activity(stage.session, given, {}), {"data": []})
    assert stage.urls == [f"activity?date={sent}"]


@pytest.mark.parametrize("given", [datetime(2026, 11, 20), 5])
def test_a_day_that_is_none(given):
    stage = Stage()
    with pytest.raises(errors.BadUsage, match="date"):
        stage.play(account.activity(stage.session, given, {}))


# ---- keys -----------------------------------------------------------------------------------------


def test_the_life_of_a_key(manager, both, url):
    """Made, used, listed, changed, deleted."""
    keys = manager.client.keys
    made = manager.do(lambda _: keys.create("of a test", limit=2.5, limit_reset="daily"))
    assert isinstance(made, ApiKey)
    assert (made.name, made.limit, made.limit_reset, made.status) == ("of a test", 2.5, "daily", 201)
    assert made.key.startswith("sk-or-v1-")
    assert both(base_url=url, api_key=made.key).call("key").limit == 2.5

    assert made.hash in {one.hash for one in listed(manager, keys.list())}
    assert manager.do(lambda _: keys.get(made.hash)).name == "of a test"
    changed = manager.do(lambda _: keys.update(made.hash, name="another", limit=None, limit_reset=None))
    assert (changed.name, changed.limit, changed.limit_reset, changed.key) == ("another", None, None, None)
    assert manager.do(lambda _: keys.update(made.hash, disabled=True)).disabled is True
    assert made.hash not in {one.hash for one in listed(manager, keys.list())}
    assert made.hash in {one.hash for one in listed(manager, keys.list(include_disabled=True))}
    assert manager.do(lambda _: keys.delete(made.hash)) is True
    with pytest.raises(errors.NotFound):
        manager.do(lambda _: keys.get(made.hash))
    with pytest.raises(errors.NotFound):
        manager.do(lambda _: keys.delete(made.hash))


def test_keys_need_a_management_key(router):
    with pytest.raises(errors.Forbidden):
        router.do(lambda client: client.keys.create("x"))
    assert "Keys at openrouter" in repr(router.client.keys)


def test_keys_on_several_pages(both):
    """A page has 100, and the walk asks until there are no more."""
    with Simulator() as sim:
        made = both(base_url=sim.dialect("openrouter"), api_key=MANAGEMENT)

        async def many():
            for number in range(105):
                await made.client.keys.create(f"key {number}")

        if hasattr(made, "loop"):
            made.loop.run_until_complete(many())
        else:
            for number in range(105):
                made.client.keys.create(f"key {number}")
        found = listed(made, made.client.keys.list())
        assert sorted(one.name for one in found) == sorted(f"key {number}" for number in range(105))
        assert len({one.hash for one in found}) == 105
        assert len(listed(made, made.client.keys.list(limit=102))) == 102


def test_a_new_key_is_shown_nowhere_but_in_its_attribute(manager, caplog):
    """Not in a log, even one of whole bodies, not in what hooks are given, in a repr or a pickle."""
    seen = []
    hooks = Hooks(done=lambda call, answer, metrics: seen.append(answer))
    caplog.set_level(logging.DEBUG)
    watched = type(manager)(
        base_url=manager.client.base_url, api_key=MANAGEMENT, hooks=[hooks, logging_hooks(bodies=True)]
    )
    try:
        made = watched.do(lambda client: client.keys.create("quiet", external={"user": "u", "api_key": "e" * 40}))
    finally:
        watched.close()
    secret = made.key
    assert secret
    assert seen[0].key is None
    assert seen[0].name == "quiet"
    shown = f"{made!r} {made} {made.to_dict()} {caplog.text} {[vars(one) for one in caplog.records]}"
    assert secret not in shown
    assert "e" * 40 not in shown
    assert secret.encode() not in pickle.dumps(made)
    assert "create_key" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"key": "sk-or-v1-0000000000secret", "data": ',
        {"key": "sk-or-v1-0000000000secret"},
        {"key": "sk-or-v1-0000000000secret", "data": None},
        {"key": {"text": "sk-or-v1-0000000000secret"}, "data": {}},
        ["sk-or-v1-0000000000secret"],
    ],
)
def test_an_answer_that_may_hold_a_key_is_never_quoted(body):
    """Whatever is wrong with it, its error holds nothing of it."""
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="may hold one") as caught:
        stage.play(account.create_key(stage.session, "x", {}), (body, 201, {"x-request-id": "r"}))
    error = caught.value
    assert "secret" not in f"{error!r} {error.body} {error.__cause__!r} {vars(error)}"
    assert (error.status, error.request_id) == (201, "r")


def test_an_error_inside_the_answer_is_that_error():
    """And quotes no key that stands beside it."""
    stage = Stage()
    answer = {"error": {"code": 402, "message": "no"}, "key": "sk-or-v1-0000000000secret"}
    with pytest.raises(errors.OutOfCredits) as caught:
        stage.play(account.create_key(stage.session, "x", {}), answer)
    assert "secret" not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, b'{"name":"x"}'),
        ({"limit": None, "limit_reset": None}, b'{"name":"x","limit":null,"limit_reset":null}'),
        ({"include_byok_in_limit": None, "workspace_id": "w"}, b'{"name":"x","workspace_id":"w"}'),
        ({"expires_at": datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
         b'{"name":"x","expires_at":"2027-01-01T00:00:00Z"}'),
        ({"expires_at": "2027-01-01T00:00:00Z"}, b'{"name":"x","expires_at":"2027-01-01T00:00:00Z"}'),
        ({"expires_at": None}, b'{"name":"x","expires_at":null}'),
    ],
)  # fmt: skip
def test_the_fields_of_a_new_key(fields, sent):
    """Null where null means something (no limit), nothing where it means nothing; moments in UTC, to the second."""
    stage = Stage()
    made = stage.play(
        account.create_key(stage.session, "x", fields), {"key": "sk-or-v1-9876543210", "data": {"name": "x"}}
    )
    assert stage.sent[0].body == sent
    assert made.key == "sk-or-v1-9876543210"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda s: account.create_key(s, "", {}), "name is text, and not empty; not ''"),
        (lambda s: account.create_key(s, None, {}), "name is text"),
        (lambda s: account.create_key(s, "x", {"limits": 5}), "unknown field of a key 'limits'; did you mean 'limit'?"),
        (lambda s: account.create_key(s, "x", {"disabled": True}), "unknown field of a key 'disabled'"),
        (lambda s: account.create_key(s, "x", {"expires_at": datetime(2027, 1, 1)}), "no time zone"),
        (lambda s: account.create_key(s, "x", {"expires_at": 5}), "expires_at is a datetime"),
        (lambda s: account.update_key(s, "h", {}), "keys.update changes nothing: give one of disabled"),
        (lambda s: account.update_key(s, "h", {"name": None}), "keys.update changes nothing"),
        (lambda s: account.update_key(s, "", {"name": "y"}), "a key is named by its hash"),
        (lambda s: account.get_key(s, "sk-or-v1-abc", {}), "by its hash (see keys.list()), not by its own text"),
        (lambda s: account.delete_key(s, None, {}), "not by None"),
        (lambda s: account.delete_key(s, "..", {}), "'..' is no name"),
        (lambda s: account.delete_key(s, "h", {"name": "x"}), "keys.delete takes no name"),
    ],
)  # fmt: skip
def test_wrong_keys(make, text):
    stage = Stage()
    with pytest.raises(errors.BadUsage) as caught:
        stage.play(make(stage.session))
    assert text in caught.value.message
    assert "sk-or-v1-abc" not in str(caught.value)
    assert stage.sent == []


def test_a_hash_is_one_segment_of_the_path():
    stage = Stage()
    stage.play(account.get_key(stage.session, "a/b?c", {}), {"data": {"hash": "a/b?c"}})
    assert stage.urls == ["keys/a%2Fb%3Fc"]


@pytest.mark.parametrize(("answer", "told"), [({"deleted": True}, True), ({"data": {"success": True}}, True),
                                              ({"deleted": False}, False), ((b"", 204), True)])  # fmt: skip
def test_how_servers_say_that_a_key_is_gone(answer, told):
    stage = Stage()
    assert stage.play(account.delete_key(stage.session, "h", {}), answer) is told
    assert stage.sent[0].method == "DELETE"
    assert stage.sent[0].body == b""


def test_a_deletion_that_is_not_confirmed_is_an_error():
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="does not say `deleted`"):
        stage.play(account.delete_key(stage.session, "h", {}), {"data": {}})


def test_what_is_no_object_is_an_error():
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="the answer is no Credits"):
        stage.play(account.credits(stage.session, {}), {"data": []})
