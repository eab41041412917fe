"""When the list of models is fetched, who fetches it, and what is used when it cannot be had; on a scripted clock."""

from __future__ import annotations

import asyncio
import threading

import pytest

from franca import errors
from franca.flow.openrouter import knowing
from franca.flow.openrouter.capability import Table, Words
from franca.flow.openrouter.knowing import Knowledge, Known, Turn, ask_capability, ask_models, ask_support
from franca.retry import RetryPolicy

from .played import Stage as _Stage

LIST = {"data": [{"id": "a/b", "supported_parameters": ["structured_outputs", "tools"]}]}
NEWER = {"data": [{"id": "a/b", "supported_parameters": []}]}
DOWN = ({"error": {"code": 500, "message": "no"}}, 500)
START = 1_795_215_000.0


class Stage(_Stage):
    """With a wall clock that can be set, and callers that wait for each other."""

    def __init__(self, **options):
        super().__init__(policy=RetryPolicy(retries=0), **options)
        self.time = START
        self.session.wall = lambda: self.time
        self.paused = []

    def later(self, seconds):
        self.now += seconds
        self.time += seconds

    def pause(self, script, waiter, seconds):
        self.paused.append(seconds)
        assert isinstance(waiter, Turn)
        script.pop(0)(seconds)


class Shelf:
    """A store in memory."""

    def __init__(self, table=None):
        self.table = table
        self.kept = []

    def load(self, base_url):
        assert base_url == "http://fake/api/v1"
        return self.table

    def keep(self, base_url, table):
        self.kept.append((base_url, table))


@pytest.fixture
def stage():
    return Stage()


def knowledge(lifetime=3600.0, store=None):
    return Knowledge(threading.RLock(), lifetime, store)


def ask(stage, known, *script, model="a/b", **given):
    return stage.play(ask_capability(stage.session, known, model, given), *script)


def test_the_list_is_fetched_once_in_its_lifetime(stage):
    """By the first question; all kinds of models are asked for."""
    known = knowledge()
    assert ask(stage, known, LIST).source == "live"
    stage.later(3599.0)
    assert ask(stage, known).structured_outputs is True
    assert stage.urls == ["models?output_modalities=all"]
    stage.later(1.0)
    found = ask(stage, known, NEWER)
    assert (found.structured_outputs, found.source, found.as_of) == (False, "live", START + 3600.0)


def test_a_lifetime_of_nothing_asks_every_time(stage):
    """And what was just fetched is live."""
    known = knowledge(0.0)
    assert [ask(stage, known, LIST).source for _ in range(3)] == ["live"] * 3


@pytest.mark.parametrize(
    "failure",
    [
        DOWN,
        ({"error": {"code": 401, "message": "no"}}, 401),
        {"error": {"code": 502, "message": "no"}},
        b"<html>",
        {"data": []},
        {"data": None},
        {"data": [{"name": "no id"}]},
        [],
        errors.ConnectFailed("no network"),
        errors.TimedOut("no answer"),
    ],
    ids=repr,
)
def test_a_list_that_cannot_be_had_is_no_error(stage, failure):
    """The older one is used, or the built-in names; for a minute nobody tries again."""
    known = knowledge()
    assert ask(stage, known, failure, model="openai/gpt-4o").source == "built in"
    stage.later(59.0)
    assert ask(stage, known).source is None
    stage.later(1.0)
    assert ask(stage, known, LIST).source == "live"
    stage.later(3600.0)
    old = ask(stage, known, failure)
    assert (old.source, old.structured_outputs, old.as_of) == ("kept", True, START + 60.0)
    stage.later(60.0)
    assert ask(stage, known, LIST).source == "live"


def test_a_server_that_says_when_to_come_back_is_heeded(stage):
    """Within reason."""
    known = knowledge()
    ask(stage, known, ({"error": {"code": 429, "message": "slow"}}, 429, {"retry-after": "600"}))
    stage.later(599.0)
    ask(stage, known)
    stage.later(1.0)
    ask(stage, known, ({"error": {"code": 429, "message": "slow"}}, 429, {"retry-after": "86400"}))
    stage.later(3600.0)
    assert ask(stage, known, LIST).source == "live"


def test_what_the_caller_did_wrong_is_told(stage):
    """It is no matter of the network; and it holds nobody else up."""
    known = knowledge()
    stage.session.key = lambda: 7
    stage.call = lambda script, function, arguments, until: function(*arguments)
    with pytest.raises(errors.BadUsage, match="returned int"):
        ask(stage, known)
    stage.session.key = "sk-or-v1-x"
    assert ask(stage, known, LIST).source == "live"
    with pytest.raises(errors.BadUsage, match="without temperature"):
        ask(stage, known, temperature=1)


def test_the_deadline_is_that_of_a_list():
    """Half a minute, less where the client has less; the call may say otherwise."""
    for options, given, expected in (
        ({}, {}, 30.0),
        ({"deadline": 600.0}, {}, 30.0),
        ({"deadline": 5.0}, {}, 5.0),
        ({"deadline": 5.0}, {"deadline": 90.0}, 90.0),
        ({}, {"deadline": None}, 600.0),
    ):
        stage = Stage(**options)
        ask(stage, knowledge(), LIST, **given)
        assert stage.sent[0].until == stage.now + expected


def test_without_a_key_none_is_sent(stage):
    """The list is public; a key that there is goes along, also one in a header."""
    ask(stage, knowledge(), LIST)
    stage.session.key = None
    ask(stage, knowledge(), LIST)
    ask(stage, knowledge(), LIST, headers={"authorization": "Bearer other"})
    sent = [{name.lower(): value for name, value in one.headers}.get("authorization") for one in stage.sent]
    assert sent == ["Bearer sk-or-v1-0123456789", None, "Bearer other"]


# ---- one fetches, the others wait ---------------------------------------------------------------------


def test_one_fetches_and_the_others_wait(stage):
    """A second caller pauses, is woken when the list is there, and sends nothing itself."""
    known = knowledge()
    assert known.enter(START, stage.now, 30.0) is None

    def arrives(seconds):
        known.leave(stage.now, Table(LIST["data"], START))

    assert ask(stage, known, arrives).source == "live"
    assert (stage.sent, stage.paused) == ([], [30.0])


def test_who_waits_takes_over_when_the_other_gave_up(stage):
    """A task that was cancelled does not leave the others without a list."""
    known = knowledge()
    first = ask_capability(stage.session, known, "a/b", {})
    next(first)

    def leaves(seconds):
        first.close()

    assert ask(stage, known, leaves, LIST).source == "live"
    assert len(stage.sent) == 1


def test_who_waits_is_woken_once_it_listens():
    """Whether the waking came before or after it began to listen."""
    known = knowledge()
    known.enter(START, 0.0, 30.0)
    early, late = known.enter(START, 0.0, 30.0), known.enter(START, 0.0, 30.0)
    rung = []
    late.wake = lambda: rung.append("late")
    known.leave(1.0)
    assert early.woken
    assert late.woken
    assert rung == ["late"]


def test_a_caller_whose_event_loop_is_closed_holds_nobody_up():
    """It cannot be woken; those behind it are."""
    known = knowledge()
    known.enter(START, 0.0, 30.0)
    gone, there = known.enter(START, 0.0, 30.0), known.enter(START, 0.0, 30.0)
    loop, rung = asyncio.new_event_loop(), []
    gone.wake = lambda: loop.call_soon_threadsafe(rung.append, "gone")
    there.wake = lambda: rung.append("there")
    loop.close()
    known.leave(1.0)
    assert rung == ["there"]


def test_who_fetches_for_ever_is_not_waited_for(stage):
    """After its patience the next caller fetches: the other may be a thread that a fork left behind."""
    known = knowledge()
    assert known.enter(START, stage.now, 30.0) is None
    assert ask(stage, known, lambda seconds: stage.later(30.0), LIST).source == "live"
    assert stage.paused == [30.0]


def test_no_wait_is_longer_than_the_callers_deadline(stage):
    """Then what is there is used."""
    known = knowledge()
    assert known.enter(START, stage.now, 30.0) is None
    assert ask(stage, known, stage.later, model="openai/gpt-4o", deadline=2.0).source == "built in"
    assert stage.paused == [2.0]


def test_in_the_child_of_a_fork_nobody_fetches():
    """The thread that did is not there, and its lock may be held for ever."""
    known = knowledge()
    known.enter(START, 0.0, 30.0)
    known._lock.acquire()
    known.restart(threading.RLock())
    assert known.enter(START, 0.0, 30.0) is None


def test_leaving_without_having_entered_is_harmless():
    """One that was thought to be gone comes back after all: what it fetched counts."""
    known = knowledge()
    known.leave(5.0, Table(LIST["data"], START))
    assert known.known(START) == Known(known._table, True)


# ---- between processes --------------------------------------------------------------------------------


def test_a_fresh_list_of_another_process_is_used(stage):
    """Nothing is sent, also when ours has become too old."""
    shelf = Shelf(Table(LIST["data"], START - 10.0))
    known = knowledge(store=shelf)
    found = ask(stage, known)
    assert (found.source, found.as_of) == ("kept", START - 10.0)
    stage.later(3600.0)
    shelf.table = Table(NEWER["data"], START + 3000.0)
    assert ask(stage, known).structured_outputs is False
    assert (stage.sent, shelf.kept) == ([], [])


def test_what_was_fetched_is_kept(stage):
    """Once, under the address of the server."""
    shelf = Shelf(Table(NEWER["data"], START - 3600.0))
    ask(stage, knowledge(store=shelf), LIST)
    [(url, table)] = shelf.kept
    assert (url, table.as_of, list(table.rows)) == ("http://fake/api/v1", START, ["a/b"])


def test_without_network_an_old_kept_list_is_used(stage):
    """However old, and also when the clock stands before it."""
    for as_of in (START - 1e8, START + 1e8):
        known = knowledge(store=Shelf(Table(LIST["data"], as_of)))
        found = ask(stage, known, DOWN)
        assert (found.source, found.structured_outputs, found.as_of) == ("kept", True, as_of)


@pytest.mark.parametrize("as_of", [START - 5000.0, START, START + 1e8])
def test_a_kept_list_that_is_no_newer_does_not_replace_ours(stage, as_of):
    """Nor does one from the future."""
    shelf = Shelf()
    known = knowledge(store=shelf)
    ask(stage, known, LIST)
    shelf.table = Table(NEWER["data"], as_of)
    stage.later(3600.0)
    assert ask(stage, known, DOWN).structured_outputs is True


def test_a_list_from_the_future_is_not_fresh(stage):
    """The clock was set back: the list is fetched again."""
    known = knowledge()
    ask(stage, known, LIST)
    stage.time -= 100.0
    assert ask(stage, known, NEWER).structured_outputs is False


# ---- support, and endpoints ---------------------------------------------------------------------------

MIXED = {
    "data": {
        "endpoints": [{"supported_parameters": ["tools", "structured_outputs"]}, {"supported_parameters": ["tools"]}]
    }
}


def support(stage, known, parameter, *script, model="a/b", every_endpoint=True, **given):
    flow = ask_support(stage.session, known, model, parameter, given, every_endpoint=every_endpoint)
    return stage.play(flow, *script)


def test_support_is_a_yes_only_when_it_is_told(stage):
    """Unknown models and fields are a no."""
    known = knowledge()
    assert support(stage, known, "tools", LIST, every_endpoint=False) is True
    assert support(stage, known, "seed", every_endpoint=False) is False
    assert support(stage, known, "tools", model="a/c", every_endpoint=False) is False
    assert stage.play(ask_models(stage.session, known, {})) == ["a/b"]


def test_every_endpoint_is_asked_once(stage):
    """One that cannot is enough for a no; the answer is remembered for the lifetime of the list."""
    known = knowledge()
    assert support(stage, known, "tools", LIST, MIXED) is True
    assert support(stage, known, "structured_outputs", model="a/b:nitro") is False
    assert stage.urls == ["models?output_modalities=all", "models/a/b/endpoints"]
    stage.later(3600.0)
    assert support(stage, known, "tools", LIST, MIXED) is True


def test_what_the_model_cannot_is_not_asked_for(stage):
    """No endpoint does what the list does not tell of; and the user's word is the last."""
    known = knowledge()
    assert support(stage, known, "seed", LIST) is False
    known.say("a/b", False)
    assert support(stage, known, "structured_outputs") is False
    known.say("a/b", True)
    assert support(stage, known, "structured_outputs") is True
    assert len(stage.sent) == 1
    assert support(stage, known, "tools", MIXED) is True


@pytest.mark.parametrize(
    ("endpoints", "can"),
    [
        ([], False),
        ([{"supported_parameters": ["tools"]}], True),
        ([{"supported_parameters": ["tools"]}, {}], False),
        ([{"supported_parameters": ["tools"]}, None], False),
        ([{"supported_parameters": "tools"}], False),
        ([{"supported_parameters": [["tools"], 7]}], False),
    ],
)
def test_an_endpoint_that_does_not_tell_is_a_no(stage, endpoints, can):
    """A model without endpoints cannot do anything."""
    assert support(stage, knowledge(), "tools", LIST, {"data": {"endpoints": endpoints}}) is can


def test_endpoints_that_cannot_be_had_are_an_error(stage):
    """There is nothing older to go by, and a no would be a lie; a model that is not there is a no."""
    known = knowledge()
    with pytest.raises(errors.ServerFault):
        support(stage, known, "tools", LIST, DOWN)
    for body in ({"data": []}, {"data": {"endpoints": None}}, {"nothing": 1}):
        with pytest.raises(errors.ProtocolError, match="no endpoints"):
            support(stage, known, "tools", body)
    assert support(stage, known, "tools", ({"error": {"code": 404, "message": "not found"}}, 404)) is False
    assert support(stage, known, "tools") is False


@pytest.mark.parametrize("model", ["plain", "/b", "a/", "../keys", "a/..", "./b", "a/."])
def test_a_name_without_an_author_is_asked_of_nobody(stage, model):
    """It would be another path of the server."""
    assert support(stage, knowledge(), "tools", LIST, model=model) is False
    assert len(stage.sent) == 1


def test_a_name_is_quoted(stage):
    """Nothing in it can lead elsewhere."""
    support(stage, knowledge(), "tools", LIST, {"data": {"endpoints": []}}, model="~a/b?c#d/../e:free")
    assert stage.urls[1] == "models/~a/b%3Fc%23d%2F..%2Fe:free/endpoints"


@pytest.mark.parametrize("parameter", ["", None, 7])
def test_a_parameter_is_a_text(stage, parameter):
    """Anything else is a mistake."""
    with pytest.raises(errors.BadUsage, match="parameter is named"):
        support(stage, knowledge(), parameter)


def test_the_memory_of_endpoints_is_bounded(monkeypatch):
    """What was noted longest ago goes first."""
    monkeypatch.setattr(knowing, "MOST_ENDPOINTS", 2)
    known = knowledge()
    for name in ("a", "b", "a", "c"):
        known.remember(name, (), START)
    assert [known.offers(name, START) for name in "abc"] == [(), None, ()]


def test_words_may_be_there_from_the_beginning():
    """A client out of a pickle knows what its user said."""
    known = Knowledge(threading.RLock(), 1.0, None, Words({"x": True}))
    assert known.words.to_dict() == {"x": True}
