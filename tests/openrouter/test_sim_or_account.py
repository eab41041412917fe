"""The simulated OpenRouter's account: keys and their limits, credits, activity, generations, login by a browser."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from franca.simulator import Simulator
from franca.simulator.ask import Dials
from franca.simulator.openrouter.house import House
from franca.simulator.openrouter.keys import BROKE, Key
from franca.simulator.openrouter.login import CODE_LIFE
from franca.simulator.openrouter.refusal import Refusal

from .sim_or_account_caller import KEY, MANAGEMENT, Caller

NOON = 1_795_262_400.0  # Saturday 21 November 2026, 12:00 UTC
DAY = 86_400.0


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def call(sim: Simulator) -> Iterator[Caller]:
    with Caller(sim) as caller:
        yield caller


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock=clock)


def sent(key: str) -> list[tuple[bytes, bytes]]:
    return [(b"Authorization", b"Bearer " + key.encode())]


# ---- who may ask ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/keys", "/keys/x", "/credits", "/activity"])
def test_management_wants_the_management_key(call: Caller, path: str) -> None:
    """Another key is a 403, none a 401."""
    assert call(path).message == "Only management keys can perform this operation"
    assert call(path).status == 403
    assert call(path, key=None).status == 401
    assert call.managed(path).status == (404 if path == "/keys/x" else 200)


def test_the_management_key_is_for_nothing_else(call: Caller) -> None:
    """It may see itself, but not ask for inference."""
    assert call("/key", key=MANAGEMENT).data["is_management_key"] is True
    assert call("/key").data["is_management_key"] is False
    assert call.chat(key=MANAGEMENT).status == 403


def test_the_simulators_key() -> None:
    """Where it has one, another one is wrong everywhere, but for the management key and those that were made."""
    with Simulator(api_key="sk-or-v1-right") as simulator, Caller(simulator) as call:
        for path in ("/models", "/key", "/generation?id=x", "/providers"):
            assert call(path).status == 401
            assert call(path).message == "User not found."
            assert "user_id" not in call(path).body
            assert call(path, key=None).message == "No auth credentials found"
            assert call(path, key="sk-or-v1-right").status in (200, 404)
        assert call.chat().status == 401
        assert call.chat(key=None).status == 401
        assert call.chat(key="sk-or-v1-right").status == 200
        made = call.managed("/keys", {"name": "second"}).body["key"]
        assert call.chat(key=made).status == 200
        assert call("/key", key=made).data["label"].startswith("sk-or-v1-")


def test_any_key_where_the_simulator_has_none(call: Caller) -> None:
    """And none for inference; each has its own numbers."""
    assert call.chat(key=None).status == 200
    assert call("/key", key=None).status == 401
    assert call("/key", key="anything").data["usage"] == 0


def test_the_accounts_own_model(sim: Simulator, call: Caller) -> None:
    """Answers where a chat names none."""
    body = {"messages": [{"role": "user", "content": "Hello, world"}]}
    assert call("/chat/completions", body).body["model"] == "author/echo"
    sim.openrouter.default_model = "author/lorem"
    assert call("/chat/completions", {**body, "model": None}).body["model"] == "author/lorem"


# ---- keys -------------------------------------------------------------------------------------------


def test_a_key_from_its_making_to_its_end(call: Caller) -> None:
    """Made, told once, read, changed, disabled, deleted."""
    made = call.managed("/keys", {"name": "Robot", "limit": 5, "limit_reset": "weekly"})
    assert made.status == 201
    text, told = made.body["key"], made.body["data"]
    assert text.startswith("sk-or-v1-")
    assert told["hash"] == sha256(text.encode()).hexdigest()
    assert (told["name"], told["limit"], told["limit_remaining"], told["limit_reset"]) == ("Robot", 5, 5, "weekly")
    place = f"/keys/{told['hash']}"
    listed = call.managed("/keys")
    assert listed.data == [told]
    assert text not in listed.raw.decode()
    assert call.managed(place).data == told
    assert call.chat(key=text).status == 200

    changed = call.managed(place, {"name": "Robot 2", "limit": None, "disabled": True}, "PATCH").data
    assert (changed["name"], changed["limit"], changed["disabled"]) == ("Robot 2", None, True)
    assert changed["updated_at"] is not None
    assert call.chat(key=text).status == 401
    assert call.managed("/keys").data == []
    assert call.managed("/keys?include_disabled=true").data == [changed]
    call.managed(place, {"disabled": False}, "PATCH")
    assert call.chat(key=text).status == 200

    assert call.managed(place, method="DELETE").body == {"deleted": True}
    assert call.managed(place).status == 404
    assert call.managed(place, method="DELETE").status == 404
    assert call.chat(key=text).status == 401
    assert call("/key", key=text).message == "User not found."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 5},
        {"name": "x" * 201},
        {"name": "x", "limit": -1},
        {"name": "x", "limit": True},
        {"name": "x", "limit": "5"},
        {"name": "x", "limit_reset": "hourly"},
        {"name": "x", "limit_reset": ["daily"]},
        {"name": "x", "include_byok_in_limit": "yes"},
        {"name": "x", "expires_at": "tomorrow"},
        {"name": "x", "expires_at": 5},
        {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
        ["name"],
    ],
)
def test_a_key_that_cannot_be_made(call: Caller, body: Any) -> None:
    """Is a 400, and none is made."""
    answer = call.managed("/keys", body)
    assert answer.status == 400
    assert answer.message
    assert call.managed("/keys").data == []


def test_keys_in_pages(call: Caller) -> None:
    """A hundred at once, the newest first; those of another workspace only where it is named."""
    for number in range(103):
        call.managed("/keys", {"name": f"key {number}"})
    call.managed("/keys", {"name": "elsewhere", "workspace_id": "w2", "external": {"user": "u7"}})
    first, rest = call.managed("/keys").data, call.managed("/keys?offset=100").data
    assert [one["name"] for one in first + rest] == [f"key {number}" for number in reversed(range(103))]
    assert call.managed("/keys?offset=200").data == []
    assert call.managed("/keys?offset=x").status == 400
    elsewhere = call.managed("/keys?workspace_id=w2").data
    assert [one["external_user"] for one in elsewhere] == ["u7"]


def test_a_key_expires(house: House, clock: Clock) -> None:
    """From then on it is a 401, and in the list only for those who ask for it."""
    key, text = house.keys.create("short", expires=NOON + 60)
    assert house.check_key(sent(text)) is key
    assert key.listed(NOON)["expires_at"] == "2026-11-21T12:01:00.000Z"
    clock.now += 60
    with pytest.raises(Refusal, match="expired"):
        house.check_key(sent(text))


def test_expired_keys_in_the_list(sim: Simulator, call: Caller) -> None:
    """Only where they are asked for."""
    sim.openrouter.keys.create("old", expires=1.0)
    assert call.managed("/keys").data == []
    assert [one["name"] for one in call.managed("/keys?include_expired=true").data] == ["old"]


# ---- money ------------------------------------------------------------------------------------------


def test_the_limit_of_a_key(sim: Simulator, call: Caller) -> None:
    """At its limit a key is a 403 that says which limit, and `GET /key` tells what is left."""
    made = call.managed("/keys", {"name": "poor", "limit": 0.5}).body
    key = sim.openrouter.check_key(sent(made["key"]))
    sim.openrouter.spend(key, 0.2)
    told = call("/key", key=made["key"]).data
    assert told["limit_remaining"] == pytest.approx(0.3)
    assert told["usage"] == told["usage_daily"] == told["usage_weekly"] == told["usage_monthly"] == 0.2
    assert told["effective_budget"] == told["budgets"][0]
    assert told["budgets"][0]["remaining_usd"] == pytest.approx(0.3)
    assert call.chat(key=made["key"]).status == 200
    sim.openrouter.spend(key, 0.3)
    refused = call.chat(key=made["key"])
    assert refused.status == 403
    assert refused.message.startswith("Key limit exceeded (total limit)")
    assert call("/key", key=made["key"]).status == 200


def test_windows_of_a_limit(house: House, clock: Clock) -> None:
    """Days, weeks from Monday and months by UTC; what was ever spent stays told."""
    key = Key("h", "l", "n", NOON, limit=1.0, limit_reset="daily")
    key.spend(0.75, clock.now)
    assert key.remaining(clock.now) == 0.25
    assert key.resets(clock.now) == "2026-11-22T00:00:00.000Z"
    clock.now += DAY  # Sunday
    assert key.remaining(clock.now) == 1.0
    assert key.since("weekly", clock.now) == 0.75
    key.limit_reset = "weekly"
    assert key.resets(clock.now) == "2026-11-23T00:00:00.000Z"
    clock.now += DAY  # Monday
    assert key.since("weekly", clock.now) == 0.0
    assert key.since("monthly", clock.now) == 0.75
    key.limit_reset = "monthly"
    assert key.resets(clock.now) == "2026-12-01T00:00:00.000Z"
    clock.now += 10 * DAY  # December
    assert key.remaining(clock.now) == 1.0
    assert key.resets(clock.now) == "2027-01-01T00:00:00.000Z"
    assert key.told(clock.now)["usage"] == 0.75
    key.limit_reset = None
    assert key.resets(clock.now) is None
    assert key.remaining(clock.now) == 0.25


def test_credits(sim: Simulator, call: Caller) -> None:
    """Are told, go down, and end in a 402; but a chat with a free model goes on."""
    house = sim.openrouter
    assert call.managed("/credits").data == {"total_credits": 100.0, "total_usage": 0.0}
    house.spend(house.check_key(sent(KEY)), 99.5)
    assert call.managed("/credits").data == {"total_credits": 100.0, "total_usage": 99.5}
    assert call.chat().status == 200
    house.credits = 50.0
    refused = call.chat()
    assert refused.status == 402
    assert refused.message.startswith("Insufficient credits")
    assert house.check_key(sent(KEY), free=True)
    assert call("/models").status == 200
    house.credits = 100.0
    assert call.chat().status == 200


def test_requests_that_cost_nothing(sim: Simulator, call: Caller) -> None:
    """Are counted by the day for the whole account."""
    house = sim.openrouter
    before = call("/key").data["free_model_daily_requests"]
    assert before == {"limit": 1000, "used": 0, "remaining": 1000}
    house.spend(house.check_key(sent("other")), 0.0, spent("acme/scholar-1:free"))
    house.spend(house.check_key(sent("other")), 0.1, spent("acme/scholar-1"))
    assert call("/key").data["free_model_daily_requests"] == {"limit": 1000, "used": 1, "remaining": 999}


def test_a_key_without_credits(call: Caller) -> None:
    """One key is broke whatever the house has."""
    assert call.chat(key=BROKE).status == 402
    assert call("/key", key=BROKE).status == 200


# ---- activity ---------------------------------------------------------------------------------------


def spent(model: str, provider: str = "Alpha Works", **tokens: int) -> dict[str, Any]:
    return {"model": model, "provider_name": provider, **tokens}


def test_activity(sim: Simulator, call: Caller) -> None:
    """Sums by day, model and provider, of all keys or of one."""
    house = sim.openrouter
    one, other = house.check_key(sent("one")), house.check_key(sent("other"))
    house.spend(one, 0.25, spent("acme/scholar-1", tokens_prompt=10, tokens_completion=5))
    house.spend(other, 0.5, spent("acme/scholar-1", tokens_prompt=1, native_tokens_reasoning=3))
    house.spend(one, 1.0, spent("acme/scholar-1", "Beta Cloud", native_tokens_cached=4))
    house.spend(one, 1.0)  # without a generation it shows in the credits alone
    rows = call.managed("/activity").data
    assert [(row["provider_name"], row["usage"], row["requests"]) for row in rows] == [
        ("Alpha Works", 0.75, 2),
        ("Beta Cloud", 1.0, 1),
    ]
    first = rows[0]
    assert (first["prompt_tokens"], first["completion_tokens"], first["reasoning_tokens"]) == (11, 5, 3)
    assert first["model_permaslug"] == "acme/scholar-1-2026-09-01"
    assert rows[1]["cached_tokens"] == 4
    assert call.managed(f"/activity?date={first['date']}").data == rows
    assert [row["usage"] for row in call.managed(f"/activity?api_key_hash={other.hash}").data] == [0.5]
    assert "workspace_id" in call.managed("/activity?group_by=workspace").data[0]
    assert "workspace_id" not in first


@pytest.mark.parametrize("query", ["date=yesterday", "date=2020-01-01", "date=2999-01-01", "group_by=model"])
def test_activity_that_cannot_be_told(call: Caller, query: str) -> None:
    """Is a 400; another workspace a 404."""
    assert call.managed(f"/activity?{query}").status == 400
    assert call.managed("/activity?workspace_id=w2").status == 404


def test_activity_is_of_thirty_days(house: House, clock: Clock) -> None:
    """The newest day first; what is older is gone."""
    key = house.check_key([])
    for _ in range(3):
        house.spend(key, 1.0, spent("acme/poet"))
        clock.now += 20 * DAY
    assert [row["date"] for row in house.activity.rows()] == ["2026-12-31"]
    clock.now -= 20 * DAY
    assert [row["date"] for row in house.activity.rows()] == ["2026-12-31", "2026-12-11"]


# ---- generations ------------------------------------------------------------------------------------


def test_a_generation_is_found_after_a_while(sim: Simulator, call: Caller) -> None:
    """The first ask is a 404, the next ones tell everything that was remembered, and the usual rest."""
    house = sim.openrouter
    id = house.remember({"model": "acme/poet", "total_cost": 0.5, "tokens_prompt": 7, "streamed": True})
    place = f"/generation?id={quote(id)}"
    refused = call(place)
    assert refused.status == 404
    assert refused.message == f"Generation {id} not found"
    told = call(place).data
    assert told["id"] == id
    assert (told["model"], told["total_cost"], told["usage"], told["streamed"]) == ("acme/poet", 0.5, 0.5, True)
    assert told["tokens_prompt"] == told["native_tokens_prompt"] == 7
    assert told["created_at"]
    assert call(place).data == told
    assert call("/generation?id=gen-none").status == 404
    assert call("/generation").status == 400
    assert call(place, key=None).status == 401


def test_how_often_it_is_not_found(sim: Simulator, call: Caller) -> None:
    """By the house, the model, the call that remembers, or a header of the ask."""
    house = sim.openrouter

    def asks(id: str, **headers: str) -> int:
        statuses = [call(f"/generation?id={id}", **headers).status for _ in range(8)]
        assert statuses == [404] * statuses.count(404) + [200] * statuses.count(200)
        return statuses.count(404)

    assert asks(house.remember({"model": "author/echo"})) == 1
    assert asks(house.remember({"model": "author/late"})) == 3
    assert asks(house.remember({"model": "author/late"}, after=0)) == 0
    assert asks(house.remember({"model": "author/echo"}), x_sim_generation_after="5") == 5
    assert asks(house.remember({"model": "author/late"}), x_sim_generation_after="0") == 0
    house.generation_after = 2
    assert asks(house.remember({"model": "unheard/of"})) == 2
    assert call("/generation?id=x", x_sim_generation_after="soon").status == 400


def test_content_and_feedback(sim: Simulator, call: Caller) -> None:
    """What was said is told apart from the numbers; what is thought of it is kept, ten times at most."""
    content = {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "output": {"completion": "Ho", "reasoning": None},
        "error": None,
    }
    id = sim.openrouter.remember({"id": "gen-mine", "content": content}, after=0)
    assert id == "gen-mine"
    assert call(f"/generation/content?id={id}").data == content
    assert "content" not in call(f"/generation?id={id}").data
    said = {"generation_id": id, "category": "latency", "comment": "slow"}
    for _ in range(12):
        assert call("/generation/feedback", said).data == {"success": True}
    kept = sim.openrouter.generations.ask(id)
    assert kept is not None
    assert kept.feedback == [said] * 10
    assert call("/generation/feedback", {**said, "generation_id": "gen-none"}).status == 404
    assert call("/generation/feedback", {**said, "category": "mood"}).status == 400
    assert call("/generation/feedback", [said]).status == 400
    assert call("/generation/feedback").status == 405


# ---- login ------------------------------------------------------------------------------------------

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://localhost:3000/back?x=1"


def code_of(call: Caller, **query: str) -> str:
    """The code that the page sends the browser back with."""
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    answer = call.page(f"callback_url={quote(BACK, safe='')}&{text}")
    assert answer.status == 302
    place = urlsplit(answer.headers["location"])
    assert answer.headers["location"].startswith(BACK)
    told = parse_qs(place.query)
    assert told["x"] == ["1"]
    return told["code"][0]


def test_login(call: Caller) -> None:
    """A code and its verifier are a key, once; the key is one of the account's."""
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "key_label": "My app", "limit": "3"}
    code = code_of(call, **asked)
    body = {"code": code, "code_verifier": VERIFIER, "code_challenge_method": "S256"}
    got = call("/auth/keys", body, key=None)
    assert got.status == 200
    assert got.body["user_id"] == "user_simulated"
    assert call.chat(key=got.body["key"]).status == 200
    assert call("/key", key=got.body["key"]).data["limit"] == 3
    assert [one["name"] for one in call.managed("/keys").data] == ["My app"]
    again = call("/auth/keys", body, key=None)
    assert again.status == 403
    assert again.message == "Invalid code"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 403),
        ({"code_verifier": "another"}, 403),
        ({"code_verifier": CHALLENGE}, 403),
        ({"code_verifier": VERIFIER, "code_challenge_method": "plain"}, 400),
        ({"code_verifier": 5}, 400),
    ],
)
def test_login_with_a_wrong_verifier(call: Caller, sent: dict[str, Any], status: int) -> None:
    """Is refused, and no key is made."""
    code = code_of(call, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert call("/auth/keys", {"code": code, **sent}, key=None).status == status
    assert call.managed("/keys").data == []


def test_a_wrong_verifier_ends_the_code(call: Caller) -> None:
    """It can not be tried again."""
    code = code_of(call, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert call("/auth/keys", {"code": code, "code_verifier": "guess"}, key=None).status == 403
    assert call("/auth/keys", {"code": code, "code_verifier": VERIFIER}, key=None).status == 403


def test_other_ways_to_a_code(call: Caller) -> None:
    """A plain challenge, none at all, a page with the code for who cannot be called, a code by POST."""
    assert call("/auth/keys", {"code": code_of(call, code_challenge="plain"), "code_verifier": "plain"}).status == 200
    assert call("/auth/keys", {"code": code_of(call)}).status == 200
    page = call.page(f"code_challenge={CHALLENGE}&code_challenge_method=S256")
    assert page.headers["content-type"].startswith("text/html")
    code = page.raw.decode().partition("<code>")[2].partition("</code>")[0]
    assert call("/auth/keys", {"code": code, "code_verifier": VERIFIER}).status == 200
    made = call("/auth/keys/code", {"callback_url": "https://a.example/", "usage_limit_type": "daily"}).data
    key = call("/auth/keys", {"code": made["id"]}).body["key"]
    assert call("/key", key=key).data["limit_reset"] == "daily"


def test_the_page_is_beside_the_api(sim: Simulator) -> None:
    """As at openrouter.ai, and nothing else is: a client with a wrong base URL must not find out later."""
    with Caller(sim) as call:
        assert call(f"/auth?callback_url={quote(BACK, safe='')}", key=None).status == 404
        call.base = call.base.removesuffix("/api/v1")
        for path in ("/models", "/key", "/credits", "/keys", "/generation?id=x"):
            assert call.managed(path).status == 404


def test_a_code_stands_before_the_fragment(call: Caller) -> None:
    """Behind it no server would ever see the code."""
    place = urlsplit(call.page(f"callback_url={quote('https://a.example/x#there', safe='')}").headers["location"])
    assert (place.path, place.fragment) == ("/x", "there")
    assert parse_qs(place.query)["code"]


@pytest.mark.parametrize(
    "query",
    [
        "callback_url=http://evil.example/",
        "callback_url=http://localhost.evil.example/",
        "callback_url=javascript:alert(1)",
        "callback_url=https://a.example/%0d%0aset-cookie:x",
        "code_challenge_method=S256",
        "code_challenge=x&code_challenge_method=md5",
        "limit=much",
        "limit=inf",
        "limit=1e300",
        "expires_at=9999-12-31T23:59:59-23:59",
        "usage_limit_type=hourly",
        "expires_at=never",
    ],
)
def test_a_login_that_makes_no_sense(call: Caller, query: str) -> None:
    """Is a 400, before anybody is sent anywhere."""
    answer = call.page(query)
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"callback_url": None}, {"callback_url": 5}, ["x"]])
def test_a_code_wants_a_callback(call: Caller, body: Any) -> None:
    """By POST there is no page that could show it."""
    assert call("/auth/keys/code", body).status == 400


def test_a_code_lives_ten_minutes(house: House, clock: Clock) -> None:
    """And not longer."""
    early, late = (house.codes.create(CHALLENGE, "S256", {"name": "x"}) for _ in range(2))
    clock.now += CODE_LIFE
    assert house.codes.redeem(early.id, VERIFIER, None).key == {"name": "x"}
    clock.now += 1
    with pytest.raises(Refusal, match="Invalid code"):
        house.codes.redeem(late.id, VERIFIER, None)
    assert call_without_a_code(house) == 403


def call_without_a_code(house: House) -> int:
    with pytest.raises(Refusal) as caught:
        house.codes.redeem("auth_code_none", None, None)
    return caught.value.status


# ---- bounds -----------------------------------------------------------------------------------------


def test_every_store_is_bounded(house: House, clock: Clock) -> None:
    """The oldest goes; of keys that were made none goes, so that there can be too many."""
    first = house.remember({})
    for number in range(2_100):
        house.remember({"id": f"gen-{number}"})
        house.codes.create(None, None, {})
        house.check_key(sent(f"seen {number}"))
    assert len(house.generations) == 2_000
    assert house.generations.ask(first, 0) is None
    assert house.generations.ask("gen-2099", 0) is not None
    assert len(house.codes) == 1_000
    assert len(house.keys) == 1_000
    for number in range(5_100):
        house.spend(house.check_key([]), 0.0, spent(f"m/{number}"))
    assert len(house.activity.rows()) == 5_000
    key = Key("h", "l", "n", NOON)
    for _ in range(100):
        key.spend(1.0, clock.now)
        clock.now += DAY
    assert len(key.days) == 32
    assert key.usage == 100.0


def test_keys_are_not_made_without_end(house: House) -> None:
    """The thousand and first is refused; deleted ones make room, and stay wrong."""
    texts = [house.keys.create("x")[1] for _ in range(1_000)]
    with pytest.raises(Refusal, match="1000 keys"):
        house.keys.create("x")
    house.keys.delete(sha256(texts[0].encode()).hexdigest())
    house.keys.create("x")
    with pytest.raises(Refusal, match="User not found"):
        house.check_key(sent(texts[0]))


def test_large_conversations_push_out_the_oldest(house: House) -> None:
    """There is a bound on bytes beside the one on their number; the newest is always kept."""
    content = {"input": {"prompt": "x" * 10_000_000}, "output": {}, "error": None}
    ids = [house.remember({"content": content}, after=0) for _ in range(8)]
    assert len(house.generations) == 6
    assert house.generations.ask(ids[0]) is None
    assert house.generations.ask(ids[-1]) is not None
    house.remember({"id": ids[-1]}, after=0)  # the same again does not count twice
    assert len(house.generations) == 6


def test_no_secret_is_shown(house: House) -> None:
    """Not in what a key shows of itself."""
    key, text = house.keys.create("x")
    assert text not in repr(key)
    assert text not in str(key.listed(NOON))


def test_houses_are_apart() -> None:
    """Each simulator has its own, made when it is asked for."""
    with Simulator() as one, Simulator() as other:
        assert one.openrouter is one.openrouter
        one.openrouter.spend(one.openrouter.check_key([]), 5.0)
        with Caller(other) as call:
            assert call.managed("/credits").data["total_usage"] == 0.0


def test_the_house_of_a_key() -> None:
    """Without a simulator: the dials give the key."""
    house = House(Dials(api_key="sk-right"))
    assert house.check_key(sent("sk-right")).label == "sk-or-v1-..."
    with pytest.raises(Refusal, match="User not found"):
        house.check_key(sent("sk-wrong"))
    with pytest.raises(Refusal, match="No auth"):
        house.check_key([])
