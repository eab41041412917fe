"""Lists in pages: when they end, what is asked for, and that no server can make them go on for ever."""

from __future__ import annotations

import copy
import pickle

import pytest

from franca import errors
from franca.flow.openrouter import pages as pages_flow
from franca.flow.openrouter.pages import collected, make_walk, walked
from franca.flow.options import Limits
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.openrouter.pages import AsyncPages, Pages
from franca.wire.openrouter.catalogue import RoutedModel
from franca.wire.openrouter.listing import Listing

from .played import Stage


def entries(first, count):
    return [{"id": f"m{number}"} for number in range(first, first + count)]


def page(first, count, **more):
    return {"data": entries(first, count), **more}


def linked(first, count, onward):
    return page(first, count, links={"next": onward})


def walk(size=3, **query):
    return make_walk("models", "models", RoutedModel, query, size=size)


def ids(models):
    return [model.id for model in models]


# ---- when a list ends -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ([linked(0, 3, "/models?offset=3"), linked(3, 2, None)], "the server's link says it"),
        (
            [linked(0, 3, "/x"), linked(3, 2, "/x"), linked(5, 0, None)],
            "a short page is not the last before a link",
        ),
        ([linked(0, 3, "/x"), linked(3, 3, "")], "an empty link is none"),
        ([page(0, 3, total_count=6), page(3, 3, total_count=6)], "the total is reached"),
        ([page(0, 2, total_count=5), page(2, 3, total_count=5)], "the server gives less at a time than was asked"),
        ([page(0, 3, total_count=9), page(3, 0, total_count=9)], "nothing comes, whatever the total says"),
        ([page(0, 3), page(3, 1)], "without a word of the server, a page shorter than asked"),
        ([page(0, 3), page(3, 0)], "without a word of the server, an empty page"),
        ([page(0, 8)], "a server that knows no pages sends more than asked, and that is all"),
        ([page(0, 3, links=None, total_count=None), page(3, 1)], "null is no word"),
        ([page(0, 3, links={"prev": None}), page(3, 1)], "links without `next` say nothing"),
        ([page(0, 0)], "there is nothing"),
        ([{"data": None}], "null for a list is an empty one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when_a_list_ends(answers, what):
    """All objects come once and in order, with exactly these requests."""
    stage = Stage()
    found = stage.play(collected(stage.session, walk(), Limits()), *answers)
    assert ids(found) == [entry["id"] for answer in answers for entry in answer["data"] or []]
    assert stage.urls[0] == "models?limit=3&offset=0"


def test_where_the_server_decides_how_long_pages_are_only_an_empty_one_is_the_last():
    """A page of unknown length proves nothing: keys that were not asked for would be missing silently."""
    stage = Stage()
    keys = [{"hash": f"h{number}"} for number in range(5)]
    flow = collected(stage.session, walk(size=None), Limits())
    found = stage.play(flow, {"data": keys[:3]}, {"data": keys[3:]}, {"data": []})
    assert [one["hash"] for one in found] == ["h0", "h1", "h2", "h3", "h4"]
    assert stage.urls == ["models?offset=0", "models?offset=3", "models?offset=5"]


@pytest.mark.parametrize(
    ("limit", "answers", "urls"),
    [
        (2, [page(0, 2, total_count=9)], ["limit=2&offset=0"]),
        (3, [page(0, 3, total_count=9)], ["limit=3&offset=0"]),
        (4, [page(0, 3, total_count=9), page(3, 1, total_count=9)], ["limit=3&offset=0", "limit=1&offset=3"]),
    ],
)
def test_limit_is_the_most_in_all(limit, answers, urls):
    """Not the length of a page: who asks for 4 gets 4, and no more are asked for."""
    stage = Stage()
    found = stage.play(collected(stage.session, walk(limit=limit), Limits()), *answers)
    assert len(found) == limit
    assert stage.urls == [f"models?{url}" for url in urls]


@pytest.mark.parametrize("gathering", [True, False])
def test_a_server_that_sends_more_than_the_limit_is_cut_off(gathering):
    stage = Stage()
    if gathering:
        found = stage.play(collected(stage.session, walk(limit=2), Limits()), page(0, 5, total_count=5))
    else:
        stage.play(walked(stage.session, walk(limit=2), Limits()), page(0, 5, total_count=5))
        (found,) = stage.emitted
        assert len(found.raw["data"]) == 5
    assert ids(found) == ["m0", "m1"]


def test_an_empty_page_is_not_handed_out_unless_it_is_the_only_one():
    stage = Stage()
    stage.play(walked(stage.session, walk(), Limits()), page(0, 3), page(3, 0))
    assert [len(one) for one in stage.emitted] == [3]
    stage.play(walked(stage.session, walk(), Limits()), page(0, 0, total_count=0))
    assert [(len(one), one.total) for one in stage.emitted[1:]] == [(0, 0)]


def test_offset_begins_later():
    stage = Stage()
    found = stage.play(collected(stage.session, walk(offset=10, limit=None), Limits()), page(10, 2, total_count=12))
    assert ids(found) == ["m10", "m11"]
    assert stage.urls == ["models?limit=3&offset=10"]


# ---- servers that never end -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        [page(0, 3), page(0, 3)],
        [linked(0, 3, "/x"), linked(3, 3, "/x"), linked(0, 3, "/x")],
        [{"data": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}] * 2,
    ],
    ids=["the same", "in a circle", "without ids"],
)
def test_the_same_page_twice_is_an_error(answers):
    """A server that ignores `offset` would be asked for ever."""
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="same page of the list again") as caught:
        stage.play(collected(stage.session, walk(), Limits()), *[(one, 200, {"x-request-id": "r"}) for one in answers])
    assert (caught.value.status, caught.value.request_id, caught.value.server) == (200, "r", "http://fake/api/v1")
    assert not caught.value.retryable


def test_pages_without_end_are_an_error(monkeypatch):
    """Also when each is another one."""
    monkeypatch.setattr(pages_flow, "MOST_PAGES", 4)
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match="more than 4 pages"):
        stage.play(collected(stage.session, walk(), Limits()), *[page(3 * n, 3) for n in range(5)])


@pytest.mark.parametrize("body", [{"data": {}}, {"data": ["text"]}, {"models": []}, [1], b"nope"])
def test_what_is_no_list_is_an_error(body):
    stage = Stage()
    with pytest.raises(errors.ProtocolError) as caught:
        stage.play(collected(stage.session, walk(), Limits()), (body, 200, {"x-request-id": "r"}))
    assert caught.value.request_id == "r"


def test_an_error_in_a_200_is_that_error():
    stage = Stage()
    with pytest.raises(errors.OutOfCredits, match="no money"):
        stage.play(collected(stage.session, walk(), Limits()), {"error": {"code": 402, "message": "no money"}})


# ---- time -----------------------------------------------------------------------------------------


def test_the_deadline_of_all_is_one_over_all_pages():
    stage = Stage()
    flow = collected(stage.session, walk(), Limits(deadline=10.0))
    stage.play(flow, page(0, 3), page(3, 1))
    assert [request.until for request in stage.sent] == [1010.0, 1010.0]


def test_no_page_is_asked_for_after_the_deadline(monkeypatch):
    stage = Stage()
    reading = stage.read

    def slow(script, reply, until):
        stage.now += 10.0
        return reading(script, reply, until)

    monkeypatch.setattr(stage, "read", slow)
    with pytest.raises(errors.TimedOut, match="between two pages") as caught:
        stage.play(collected(stage.session, walk(), Limits(deadline=10.0)), page(0, 3), page(3, 1))
    assert caught.value.phase == "deadline"
    assert len(stage.sent) == 1


def test_the_deadline_of_a_loop_is_one_for_each_page():
    """What the loop's body does between two pages may take as long as it likes."""
    stage = Stage()
    flow = walked(stage.session, walk(), Limits(deadline=10.0))
    monotonic = stage.emit

    def working(script, event):
        stage.now += 60.0
        monotonic(script, event)

    stage.emit = working
    stage.play(flow, page(0, 3), page(3, 1))
    assert [request.until for request in stage.sent] == [1010.0, 1070.0]


# ---- what was asked wrongly -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"offset": -1}, "offset is a whole number from 0, not -1"),
        ({"offset": "3"}, "offset is a whole number from 0, not '3'"),
        ({"limit": 0}, "limit is a whole number from 1, not 0"),
        ({"limit": True}, "limit is a whole number from 1, not True"),
        ({"size": 0}, "page_size is a whole number from 1, not 0"),
        ({"size": 1001}, "page_size is at most 1000, not 1001"),
        ({"size": 2.5}, "page_size is a whole number"),
    ],
)
def test_wrong_places(given, text):
    with pytest.raises(errors.BadUsage, match=text):
        walk(**given)


# ---- listings -------------------------------------------------------------------------------------


def test_a_listing_is_a_sequence_with_the_facts_of_its_answer():
    listing = Listing(page(0, 3, total_count=7), RoutedModel, 200, server="somewhere")
    assert (len(listing), listing[0].id, ids(listing[1:]), listing.total, listing.status) == (
        3, "m0", ["m1", "m2"], 7, 200,
    )  # fmt: skip
    assert listing == Listing(page(0, 3), RoutedModel)
    assert listing == list(listing)
    assert listing != "text"
    assert repr(listing) == "<Listing of 3 of 7 RoutedModel>"
    assert repr(Listing({"data": []}, RoutedModel)) == "<Listing of 0 RoutedModel>"
    assert listing.request_id is None
    assert listing.to_dict() == page(0, 3, total_count=7)
    listing.to_dict()["data"].clear()
    assert len(listing.raw["data"]) == 3


def test_a_listing_pickles_and_copies():
    listing = Listing(page(0, 3, total_count=7), RoutedModel, 200, server="somewhere").first(2)
    for other in (pickle.loads(pickle.dumps(listing)), copy.copy(listing), copy.deepcopy(listing)):
        assert (other, other.total, other.server, len(other)) == (listing, 7, "somewhere", 2)


# ---- over sockets, with both clients --------------------------------------------------------------


def together(made, pages):
    """The objects of pages of either kind, by looping."""
    if isinstance(pages, Pages):
        return list(pages)

    async def looping():
        return [one async for one in pages]

    return made.loop.run_until_complete(looping())


def in_pages(made, pages):
    if isinstance(pages, Pages):
        return list(pages.pages())

    async def looping():
        return [one async for one in pages.pages()]

    return made.loop.run_until_complete(looping())


CROWD = {"headers": {"x-sim-models": "60"}}


def test_looping_and_all_give_the_same(sim, both, url):
    """The loop fetches page after page, and every model comes once."""
    made = both(base_url=url)
    listed = made.client.models(page_size=25, **CROWD)
    assert isinstance(listed, Pages | AsyncPages)
    assert "Pages of RoutedModel from /models" in repr(listed)
    before = len(sim.requests)
    looped = together(made, listed)
    asked = len(sim.requests) - before
    whole = made.do(lambda client: listed.all())
    assert ids(looped) == ids(whole)
    assert len(set(ids(looped))) == len(looped) > 60
    assert asked == -(-len(looped) // 25)
    assert all(isinstance(model, RoutedModel) for model in looped)


def test_pages_tell_their_answer(both, url):
    made = both(base_url=url)
    first, *others = in_pages(made, made.client.models(page_size=40, **CROWD))
    assert (len(first), first.status, first.total) == (40, 200, 40 + sum(map(len, others)))
    assert first.request_id


def test_nothing_is_asked_before_the_loop_begins(sim, both, url):
    """And no page before its turn."""
    made = both(base_url=url)
    before = len(sim.requests)
    listed = made.client.models(page_size=10, **CROWD)
    assert len(sim.requests) == before
    if isinstance(listed, Pages):
        walking = iter(listed)
        seen = [next(walking) for _ in range(10)]
    else:

        async def ten():
            walking = aiter(aiter(listed))
            return [await anext(walking) for _ in range(10)]

        seen = made.loop.run_until_complete(ten())
    assert len(seen) == 10
    assert len(sim.requests) == before + 1


def test_each_loop_begins_anew(both, url):
    made = both(base_url=url)
    listed = made.client.models(limit=5)
    assert ids(together(made, listed)) == ids(together(made, listed))


def test_an_error_in_the_middle_of_a_loop_reaches_the_caller(both):
    """Nothing looks like the end of the list that is none."""
    script = [page(0, 3, total_count=9), AsyncFakeTransport.answer({"error": {"message": "no"}}, status=500)]

    class Either(FakeTransport):
        def asynchronous(self):
            return AsyncFakeTransport(script)

    made = both(base_url="http://fake/v1", retries=0, transport=Either(script))
    listed = made.client.models(page_size=3)
    seen = []

    def looping():
        for model in listed:
            seen.append(model.id)  # noqa: PERF401 - one by one, to see what came before the error

    async def looping_too():
        async for model in listed:
            seen.append(model.id)  # noqa: PERF401 - one by one, to see what came before the error

    with pytest.raises(errors.ServerFault):
        looping() if isinstance(listed, Pages) else made.loop.run_until_complete(looping_too())
    assert seen == ["m0", "m1", "m2"]
