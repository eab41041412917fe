"""The simulated OpenRouter's catalogue: lists, filters, order, pages, one model, its endpoints, providers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from franca.simulator import Simulator
from franca.simulator.openrouter.catalogue import MOST_MORE, Catalogue
from franca.simulator.openrouter.filters import CATEGORIES, SORTS
from franca.simulator.openrouter.house import House
from servers.samples import paths, sample

from .sim_or_account_caller import MANAGEMENT, Caller

OFFICIAL = Path(__file__).parents[2] / ".venv-conform-openrouter" / "bin" / "python"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(aliases={"gpt-mine": "echo", "thinker": "reason:details"}) as simulator:
        yield simulator


@pytest.fixture
def call(sim: Simulator) -> Iterator[Caller]:
    with Caller(sim) as caller:
        yield caller


def ids(call: Caller, **query: Any) -> list[str]:
    return [one["id"] for one in call(f"/models?{urlencode(query)}").data]


def test_the_list_begins_with_the_simulators_own_models(call: Caller) -> None:
    """And has the caller's aliases at its end; models that write no text are not in it."""
    named = ids(call)
    assert named[:2] == ["author/echo", "author/lorem"]
    assert named[-2:] == ["gpt-mine", "thinker"]
    assert "author/embed" not in named
    assert "east/painter" not in named
    assert len(named) == len(set(named))


def test_the_list_has_all_that_the_sample_has(call: Caller) -> None:
    """Every member of the wire sample in its place, of the same kind; and the id that is on every answer."""
    real, ours = sample("openrouter", "models"), call("/models")
    assert paths(json.loads(real.body)) <= paths(ours.body)
    for answer in (ours, call("/models/count"), call("/key"), call("/model/no/body")):
        assert answer.headers["x-generation-id"].startswith("gen-")


EVERY: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "q": ({"q": "SCHOLAR"}, lambda one: "scholar" in one["id"]),
    "all modalities": ({"output_modalities": "all", "q": "east/"}, lambda one: one["id"].startswith("east/")),
    "images": ({"output_modalities": "image"}, lambda one: "image" in one["architecture"]["output_modalities"]),
    "two outputs": (
        {"output_modalities": "rerank,speech"},
        lambda one: one["architecture"]["output_modalities"] in (["rerank"], ["speech"]),
    ),
    "inputs": ({"input_modalities": "image,audio"}, lambda one: "audio" in one["architecture"]["input_modalities"]),
    "schema": (
        {"supported_parameters": "structured_outputs"},
        lambda one: "structured_outputs" in one["supported_parameters"],
    ),
    "two parameters": (
        {"supported_parameters": "reasoning,tools"},
        lambda one: {"reasoning", "tools"} <= set(one["supported_parameters"]),
    ),
    "context": ({"context": 200_000}, lambda one: one["context_length"] >= 200_000),
    "free": ({"max_price": 0}, lambda one: float(one["pricing"]["prompt"]) == 0),
    "dear": ({"min_price": 3}, lambda one: float(one["pricing"]["prompt"]) >= 3e-6),
    "output price": (
        {"min_output_price": 1, "max_output_price": 10},
        lambda one: 1e-6 <= float(one["pricing"]["completion"]) <= 1e-5,
    ),
    "arch": ({"arch": "llama"}, lambda one: one["architecture"]["tokenizer"].startswith("Llama")),
    "authors": ({"model_authors": "north,south"}, lambda one: one["id"].split("/")[0] in ("north", "south", "~north")),
    "intelligence": (
        {"min_intelligence_index": 60},
        lambda one: one["benchmarks"]["artificial_analysis"]["intelligence_index"] >= 60,
    ),
    "coding": (
        {"max_coding_index": 50},
        lambda one: one["benchmarks"]["artificial_analysis"]["coding_index"] <= 50,
    ),
    "agentic": (
        {"min_agentic_index": 1, "max_agentic_index": 40},
        lambda one: 1 <= one["benchmarks"]["artificial_analysis"]["agentic_index"] <= 40,
    ),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_filter_finds_some_and_leaves_some(call: Caller, name: str) -> None:
    """What is found passes, and what passes is found: the other models are in the list without the filter."""
    query, passes = EVERY[name]
    whole = {"output_modalities": "all"} if "output_modalities" in query else {}
    every = call(f"/models?{urlencode(whole)}").data
    found = call(f"/models?{urlencode(query)}").data
    assert 0 < len(found) < len(every)
    assert all(map(passes, found))
    if "benchmarks" not in str(query) and not any("index" in key for key in query):
        assert [one["id"] for one in found] == [one["id"] for one in every if passes(one)]


def test_filters_by_what_is_not_told(call: Caller) -> None:
    """Category, distillation, retention, region, provider, age and the success of tool calls."""
    assert ids(call, category="roleplay") == ["acme/poet"]
    assert "acme/scholar-1" in ids(call, distillable="false")
    assert "acme/poet" in ids(call, distillable="true")
    assert "south/small-8b" not in ids(call, zdr="true")
    assert "north/giant" in ids(call, region="us")
    assert "south/retired" not in ids(call, region="us")
    assert "south/retired" in ids(call, region="eu")
    assert ids(call, providers="delta-labs,Nobody", q="giant") == ids(call, providers="Delta Labs", q="giant")
    assert ids(call, providers="delta labs", q="poet") == []
    assert ids(call, min_age_days=900, model_authors="south") == ["south/retired"]
    assert "south/retired" not in ids(call, max_age_days=900, model_authors="south")
    assert "south/small-8b" not in ids(call, min_tool_success_rate=0.9)
    assert "south/small-8b" in ids(call, max_tool_success_rate=0.9)


@pytest.mark.parametrize("sort", SORTS)
def test_an_order(call: Caller, sort: str) -> None:
    """Keeps every model; those without a score are last."""
    found = call(f"/models?sort={sort}").data
    assert {one["id"] for one in found} == set(ids(call))
    indices = [(one.get("benchmarks") or {}).get("artificial_analysis", {}) for one in found]
    keys: dict[str, list[float]] = {
        "newest": [-one["created"] for one in found],
        "context-high-to-low": [-one["context_length"] for one in found],
        "pricing-low-to-high": [float(one["pricing"]["prompt"]) + float(one["pricing"]["completion"]) for one in found],
        "intelligence-high-to-low": [-index.get("intelligence_index", -1) for index in indices],
        "coding-high-to-low": [-index.get("coding_index", -1) for index in indices],
        "agentic-high-to-low": [-index.get("agentic_index", -1) for index in indices],
    }
    keys["pricing-high-to-low"] = [-price for price in keys["pricing-low-to-high"]]
    if sort in keys:
        assert keys[sort] == sorted(keys[sort])
    first = {
        "most-popular": "author/echo",
        "throughput-high-to-low": "south/small-8b",
        "design-arena-elo-high-to-low": "acme/scholar-1",
    }
    assert found[0]["id"] == first.get(sort, found[0]["id"])


@pytest.mark.parametrize(
    "query",
    [
        "sort=best",
        "category=cooking",
        "context=much",
        "context=-1",
        "min_price=nan",
        "output_modalities=smell",
        "input_modalities=text,smell",
        "distillable=perhaps",
        "zdr=false",
        "region=mars",
        "region=eu,us",
        "limit=0",
        "limit=1001",
        "offset=-1",
        "offset=inf",
    ],
)
def test_a_query_that_makes_no_sense(call: Caller, query: str) -> None:
    """Is a 400 that names the field."""
    answer = call(f"/models?{query}")
    assert answer.status == 400
    assert answer.message.startswith(query.partition("=")[0])


def test_pages(call: Caller) -> None:
    """Each names the next by its path; without offset and limit there is only one."""
    whole = call("/models?output_modalities=all&sort=newest", x_sim_models="2500").body
    assert whole["total_count"] == len(whole["data"]) > 2500
    assert whole["links"] == {"next": None}
    path: str | None = "/api/v1/models?output_modalities=all&sort=newest&limit=1000"
    pages = []
    while path is not None:
        page = call(path.removeprefix("/api/v1"), x_sim_models="2500").body
        pages.append(page["data"])
        assert page["total_count"] == whole["total_count"]
        path = page["links"]["next"]
    assert [len(page) for page in pages] == [1000, 1000, whole["total_count"] - 2000]
    assert [one["id"] for page in pages for one in page] == [one["id"] for one in whole["data"]]
    assert len({one["id"] for page in pages for one in page}) == whole["total_count"]


def test_the_usual_page(call: Caller) -> None:
    """Has 500; one behind the end is empty; parameters that are there twice count together."""
    page = call("/models?offset=3", x_sim_models="600").body
    assert len(page["data"]) == 500
    assert page["links"]["next"] == "/api/v1/models?offset=503&limit=500"
    beyond = call("/models?offset=100000").body
    assert beyond["data"] == []
    assert beyond["links"]["next"] is None
    assert ids(call, supported_parameters="tools,reasoning") == [
        one["id"] for one in call("/models?supported_parameters=tools&supported_parameters=reasoning").data
    ]


def test_how_many(call: Caller) -> None:
    """By modality, as in the list."""
    assert call("/models/count").data == {"count": len(ids(call))}
    everything = call("/models/count?output_modalities=all", x_sim_models="40").data["count"]
    assert everything == len(ids(call, output_modalities="all")) + 40


def test_more_models_by_the_house(sim: Simulator, call: Caller) -> None:
    """A number for every request; too many are cut."""
    before = len(ids(call))
    sim.openrouter.more_models = 7
    try:
        assert len(ids(call)) == before + 7
    finally:
        sim.openrouter.more_models = 0
    assert len(Catalogue().all(10**9)) == len(Catalogue().all()) + MOST_MORE
    assert call("/models", x_sim_models="many").status == 400


def test_made_up_models_are_models(call: Caller) -> None:
    """Each can be asked for by its id, and is the same each time."""
    listed = call("/models?q=crowd-05", x_sim_models="100").data
    assert [one["id"] for one in listed] == [f"crowd-05/model-{number:05d}" for number in (5, 45, 85)]
    assert call("/model/crowd-05/model-00045").data == listed[1]
    for name in ("crowd-06/model-00045", "crowd-05/model-45", "crowd-05/model-99999", "crowd-05/model-0004٥"):
        assert call(f"/model/{quote(name)}").status == 404


def test_the_models_of_the_account(call: Caller) -> None:
    """Leave out what is only at providers that learn from requests; they want a key."""
    mine = [one["id"] for one in call("/models/user").data]
    assert "acme/poet" not in mine
    assert set(mine) < set(ids(call))
    assert call("/models/user", key=None).status == 401
    assert call("/models", key=None).status == 200


def test_one_model(call: Caller) -> None:
    """By its id, an alias, a variant; an unknown one is a 404."""
    model = call("/model/acme/scholar-1").data
    assert model["id"] == "acme/scholar-1"
    assert model["links"]["details"] == "/api/v1/models/acme/scholar-1/endpoints"
    assert call("/model/~acme/scholar-latest").data == model
    assert call("/model/acme/scholar-1%3Anitro").data == model
    assert call("/model/acme/scholar-1:free").data["pricing"] == {"prompt": "0", "completion": "0"}
    assert call("/model/author/echo:free").data["pricing"] == {"prompt": "0", "completion": "0"}
    assert call("/model/north/thinker-70b").data["reasoning"]["mandatory"] is True
    assert len(call("/model/north/thinker-70b").data["pricing"]["overrides"]) == 2
    assert call("/model/south/retired").data["expiration_date"] == "2026-06-30"
    for name in ("acme/nobody", "acme/poet:free", "acme/poet:strange"):
        answer = call(f"/model/{name}")
        assert answer.status == 404
        assert name in answer.message


def test_an_alias_in_the_list_names_its_target(call: Caller) -> None:
    """By id and name."""
    listed = {one["id"]: one for one in call("/models").data}
    assert listed["~acme/scholar-latest"]["alias_target"] == {"slug": "acme/scholar-1", "name": "Acme: Scholar 1"}
    assert "alias_target" not in listed["acme/scholar-1"]


def test_the_endpoints_of_a_model(call: Caller) -> None:
    """Differ in price, quantization, parameters and status; what a model supports is what any of them does."""
    told = call("/models/acme/scholar-1/endpoints").data
    offers = told["endpoints"]
    assert len(offers) == 4
    for name in ("provider_name", "tag", "quantization", "status", "service_tier"):
        assert len({one[name] for one in offers}) > 1
    assert len({one["pricing"]["prompt"] for one in offers}) == 4
    supports = ["structured_outputs" in one["supported_parameters"] for one in offers]
    assert supports == [True, False, False, True]
    together = {name for one in offers for name in one["supported_parameters"]}
    assert set(call("/model/acme/scholar-1").data["supported_parameters"]) == together
    first = offers[0]
    assert first["latency_last_30m"]["p50"] < first["latency_last_30m"]["p99"]
    assert first["throughput_last_30m"]["p50"] > first["throughput_last_30m"]["p99"]
    assert call("/models/acme/nobody/endpoints").status == 404
    assert call("/models/south/unserved/endpoints").data["endpoints"] == []


def test_lists_of_other_models(call: Caller) -> None:
    """Embeddings in pages, images with their own endpoints, providers, endpoints that keep nothing."""
    page = call("/embeddings/models?limit=1").body
    assert [one["id"] for one in page["data"]] == ["author/embed"]
    assert page["links"]["next"].startswith("/api/v1/embeddings/models?")
    rest = call(page["links"]["next"].removeprefix("/api/v1")).body
    assert [one["id"] for one in rest["data"]] == ["south/vectors"]
    assert rest["links"]["next"] is None
    images = call("/images/models").data
    assert [one["id"] for one in images] == ["east/painter", "east/sketcher"]
    offers = call("/images/models/east/painter/endpoints").body
    assert [one["pricing"][0]["cost_usd"] for one in offers["endpoints"]] == [0.04, 0.05]
    assert ["seed" in one["supported_parameters"] for one in offers["endpoints"]] == [True, False]
    assert call("/images/models/acme/poet/endpoints").status == 404
    slugs = [one["slug"] for one in call("/providers").data]
    assert slugs == ["simulated", "alpha-works", "beta-cloud", "gamma-edge", "delta-labs"]
    kept = {one["provider_name"] for one in call("/endpoints/zdr").data}
    assert kept == {"Simulated", "Alpha Works", "Delta Labs"}


def test_scenarios_and_dials_hold_here_too(call: Caller) -> None:
    """A scenario that answers to anything plays, latency is waited for, and another method is a 405."""
    assert isinstance(call("/models", x_sim_scenario="models-bare-array").body, list)
    assert call("/models", x_sim_latency="0.01").status == 200
    answer = call("/models", {}, "DELETE")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET"
    assert call("/nothing/here").status == 404


def test_categories_are_used() -> None:
    """Every model's are known ones, and ids are `author/slug`."""
    for model in Catalogue().all():
        assert set(model.categories) <= set(CATEGORIES)
        assert model.id.count("/") == 1
        assert 1 <= len(model.endpoints) <= 4
        assert len({one.tag for one in model.endpoints}) == len(model.endpoints)


def test_what_inference_asks_of_the_house() -> None:
    """Models by any name that means them; endpoints the cheapest first."""
    house = House()
    for name, id in {
        "echo": "author/echo",
        "~north/thinker-latest": "north/thinker-70b",
        "~north/thinker-latest:online": "north/thinker-70b",
    }.items():
        found = house.model(name)
        assert found is not None
        assert found.id == id
    nitro = house.model("acme/poet:nitro")
    assert nitro is not None
    assert (nitro.id, nitro.suffix) == ("acme/poet", "nitro")
    for name in ("", ":free", "nothing", "scenario:models-key", "limited"):
        assert house.model(name) is None
    assert house.endpoints("nothing") == []
    costs = [one.price("prompt") for one in house.endpoints("acme/scholar-1")]
    assert costs == sorted(costs)
    best = house.endpoints("acme/scholar-1")[0]
    assert (best.provider_name, best.provider_slug, best.trains, best.zdr) == ("Gamma Edge", "gamma-edge", True, False)


@pytest.mark.skipif(not OFFICIAL.exists(), reason="needs .venv-conform-openrouter with the package openrouter")
def test_the_official_package_can_read_it(call: Caller) -> None:
    """Every field that the published schemas demand is there, in the type that they demand."""
    house = call.simulator.openrouter
    id = house.remember({"model": "author/echo", "provider_name": "Simulated", "total_cost": 0.5}, after=0)
    house.spend(house.check_key([]), 0.5, {"model": "author/echo"})
    told = {
        "components.ModelsListResponse": call("/models?output_modalities=all", x_sim_models="50").body,
        "components.ModelResponse": call("/model/~north/thinker-latest").body,
        "operations.ListEndpointsResponse": call("/models/acme/scholar-1/endpoints").body,
        "operations.ListProvidersResponse": call("/providers").body,
        "operations.ListEndpointsZdrResponse": call("/endpoints/zdr").body,
        "components.ImageModelsListResponse": call("/images/models").body,
        "components.ImageModelEndpointsResponse": call("/images/models/east/sketcher/endpoints").body,
        "operations.GetCurrentKeyResponse": call("/key", key=MANAGEMENT).body,
        "operations.CreateKeysResponse": call.managed("/keys", {"name": "x", "limit": 3, "limit_reset": "daily"}).body,
        "operations.ListResponse": call.managed("/keys").body,
        "operations.GetCreditsResponse": call.managed("/credits").body,
        "components.ActivityResponse": call.managed("/activity").body,
        "components.GenerationResponse": call(f"/generation?id={id}").body,
        "components.GenerationContentResponse": call(f"/generation/content?id={id}").body,
        "operations.CreateAuthKeysCodeResponse": call("/auth/keys/code", {"callback_url": "https://a.example/"}).body,
    }
    program = (
        "import json, sys, openrouter\n"
        "from openrouter import components, operations\n"
        "for name, body in json.load(sys.stdin).items():\n"
        "    home, kind = name.split('.')\n"
        "    getattr({'components': components, 'operations': operations}[home], kind).model_validate(body)\n"
        "    print(name)\n"
    )
    run = subprocess.run([OFFICIAL, "-c", program], input=json.dumps(told), capture_output=True, text=True, timeout=120)
    assert run.stdout.split() == list(told), run.stderr
