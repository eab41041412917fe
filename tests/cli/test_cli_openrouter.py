"""`franca openrouter`: the catalogue, the account and generations, against the simulated OpenRouter."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import franca
from franca.cli import main
from franca.simulator import Simulator

from .console import Console, Done, Terminal

KEY, MANAGEMENT = "sk-or-v1-test", "sk-or-v1-management"
GENERATION = {
    "model": "acme/scholar-1",
    "provider_name": "Alpha Works",
    "tokens_prompt": 1000,
    "native_tokens_prompt": 1100,
    "native_tokens_completion": 2100,
    "native_tokens_reasoning": 64,
    "total_cost": 0.01234,
    "latency": 350,
    "generation_time": 24000,
    "finish_reason": "stop",
    "native_finish_reason": "end_turn",
    "streamed": True,
    "provider_responses": [{"provider_name": "Beta Cloud", "status": 529}, {"provider_name": "Alpha Works"}],
}


class Router:
    """`franca openrouter ...` with the simulated OpenRouter as its address, and a key for it."""

    def __init__(self, console: Console, sim: Simulator) -> None:
        self.console, self.sim = console, sim
        self.env = {"OPENROUTER_BASE_URL": sim.dialect("openrouter"), "OPENROUTER_API_KEY": KEY}

    def run(self, *words: str, **env: str) -> Done:
        return self.console.run("openrouter", *words, **{**self.env, **env})

    def terminal(self, *words: str, columns: int = 80, **env: str) -> tuple[int, list[str]]:
        """The exit code, and the lines on the screen."""
        shown: Terminal = self.console.terminal("openrouter", *words, columns=columns, height=60, **{**self.env, **env})
        return shown.end(), shown.screen.text().split("\n")

    def queries(self) -> list[dict[str, str]]:
        """What was asked of the lists, without the page."""
        asked = [parse_qs(urlsplit(one.path).query) for one in self.sim.requests]
        return [{name: value[0] for name, value in one.items() if name not in ("offset", "limit")} for one in asked]


@pytest.fixture
def router(console: Console, sim: Simulator) -> Router:
    return Router(console, sim)


# ---- models -----------------------------------------------------------------------------------------


def test_openrouter_models_in_a_pipe(router: Router) -> None:
    """One line for each model, tab-separated, without a heading, with exact numbers."""
    done = router.run("models")
    assert (done.code, done.err) == (0, "")
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in done.out.splitlines()}
    with franca.OpenRouter(KEY, base_url=router.env["OPENROUTER_BASE_URL"]) as client:
        assert list(rows) == [model.id for model in client.models()]
    assert rows["north/giant"] == ["1048576", "10", "50", "tools schema reasoning image audio video file"]
    assert rows["acme/scholar-1:free"] == ["32768", "0", "0", "json"]
    assert rows["south/small-8b"] == ["8192", "0.02", "0.05", "tools"]
    assert rows["acme/poet"][3] == ""
    assert rows["south/retired"][3] == "until 2026-06-30"


def test_openrouter_models_in_a_terminal(router: Router) -> None:
    """Short numbers below a heading; no row is wider than the terminal, and no id is cut where there is room."""
    code, lines = router.terminal("models")
    assert code == 0
    assert lines[0].split() == ["MODEL", "CONTEXT", "IN", "$/M", "OUT", "$/M", "CAN"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["acme/scholar-1:free"] == ["32k", "free", "free", "json"]
    assert rows["acme/scholar-1"] == ["200k", "2.00", "8.00", "tools", "schema", "image", "file"]
    assert rows["north/giant"][:3] == ["1M", "10.00", "50.00"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("columns", "heads"), [(64, "MODEL CONTEXT IN $/M OUT $/M CAN"), (40, "MODEL CONTEXT IN $/M")])
def test_ids_are_whole_in_a_narrow_terminal(columns: int, heads: str, router: Router) -> None:
    """They are copied from there: the last column is cut, and columns go, before a name is."""
    code, lines = router.terminal("models", "--author", "acme", columns=columns)
    assert code == 0
    assert " ".join(lines[0].split()) == heads
    assert [line.split()[0] for line in lines[1:]] == [
        *("acme/scholar-1", "acme/scholar-mini", "acme/scholar-1:free", "~acme/scholar-latest", "acme/poet"),
    ]
    assert max(map(len, lines)) <= columns


def test_prices_that_others_may_replace_have_a_star(router: Router) -> None:
    """A price that holds for short prompts only does not pass for the price."""
    _, lines = router.terminal("models", "thinker-70b")
    assert "0.50*" in lines[1]
    assert lines[-1] == "* other prices under conditions, as for long prompts: --json tells them"
    assert "*" not in router.run("models", "thinker-70b").out
    _, plain = router.terminal("models", "poet")
    assert not [line for line in plain if "*" in line]


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (["mini"], {"q": "mini"}),
        (["--search", "mini"], {"q": "mini"}),
        (["--supports", "schema"], {"supported_parameters": "structured_outputs"}),
        (["--supports", "json,seed"], {"supported_parameters": "response_format,seed"}),
        (["--supports", "tools", "--supports", "reasoning"], {"supported_parameters": "tools,reasoning"}),
        (["--modality", "image"], {"input_modalities": "image"}),
        (["--makes", "image"], {"output_modalities": "image"}),
        (["--max-price", "0.5"], {"max_price": "0.5"}),
        (["--max-output-price", "3"], {"max_output_price": "3"}),
        (["--min-context", "200k"], {"context": "200000"}),
        (["--min-context", "1M"], {"context": "1000000"}),
        (["--author", "acme"], {"model_authors": "acme"}),
        (["--provider", "Alpha Works"], {"providers": "Alpha Works"}),
        (["--zdr"], {"zdr": "true"}),
        (["--sort", "price"], {"sort": "pricing-low-to-high"}),
        (["--sort", "throughput-high-to-low"], {"sort": "throughput-high-to-low"}),
        (["--sort", "id"], {}),
    ],
)
def test_openrouter_filters_and_sorts(words: list[str], query: dict[str, str], router: Router) -> None:
    """Each option is a field of the query, under OpenRouter's name; only sorting by id is done here."""
    done = router.run("models", *words, "--json")
    assert done.code == 0
    (asked,) = router.queries()
    assert asked.keys() == query.keys()
    assert {name: float(value) if "pri" in name and name != "sort" else value for name, value in asked.items()} == {
        name: float(value) if "pri" in name and name != "sort" else value for name, value in query.items()
    }
    assert json.loads(done.out)


def test_sorted_by_id_and_limited(router: Router) -> None:
    """The first of all by id; without a sort the first that come, and no more are asked for."""
    ids = [line.split("\t")[0] for line in router.run("models").out.splitlines()]
    by_id = router.run("models", "--sort", "id", "--limit", "3").out.splitlines()
    assert [line.split("\t")[0] for line in by_id] == sorted(ids)[:3]
    first = router.run("models", "--limit", "2").out.splitlines()
    assert [line.split("\t")[0] for line in first] == ids[:2]
    assert parse_qs(urlsplit(router.sim.requests[-1].path).query)["limit"] == ["2"]


def test_no_model_fits(router: Router) -> None:
    """Exit code 1, and what was perhaps meant."""
    done = router.run("models", "nothing-like-it")
    assert (done.code, done.out, done.err) == (1, "", "franca: no model fits\n")
    misspelt = router.run("models", "--supports", "structured_output")
    assert misspelt.code == 1
    assert "--supports structured_output: did you mean 'structured_outputs'?" in misspelt.err


class Careless(BaseHTTPRequestHandler):
    """A catalogue that takes several words of a filter as any of them, and knows little of its models."""

    MODELS: tuple[dict[str, Any], ...] = (
        {
            "id": "a/both",
            "supported_parameters": ["tools", "seed"],
            "architecture": {"input_modalities": ["text", "image", "smell"], "output_modalities": ["text"]},
            "pricing": {"prompt": "-1", "completion": "0.00000012345"},
        },
        {"id": "a/one", "supported_parameters": ["tools"], "pricing": {"prompt": "none", "completion": "NaN"}},
        {"id": "a/silent"},
    )

    def do_GET(self) -> None:
        body = json.dumps({"data": self.MODELS}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def careless() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()
        thread.join()


def test_all_that_is_asked_for(console: Console, careless: str) -> None:
    """Several --supports or --modality mean all of them, also where the server takes them as any."""
    words = ["openrouter", "models", "--base-url", careless]
    assert console.run(*words, "--supports", "tools,seed").out == "a/both\t\tvaries\t0.12345\ttools image smell\n"
    assert console.run(*words, "--modality", "image,text").out.startswith("a/both\t")
    assert console.run(*words, "--modality", "image,video").code == 1


def test_models_of_which_little_is_told(console: Console, careless: str) -> None:
    """What is not told, or is no price, is an empty cell."""
    done = console.run("openrouter", "models", "--base-url", careless)
    assert done.out.splitlines()[1:] == ["a/one\t\t\t\ttools", "a/silent\t\t\t\t"]


# ---- endpoints and providers ------------------------------------------------------------------------


def test_endpoints(router: Router) -> None:
    """Who serves a model: what `provider.order` takes, room, prices, quantisation, uptime, speed."""
    rows = [line.split("\t") for line in router.run("endpoints", "acme/scholar-1").out.splitlines()]
    assert rows[0] == [
        *("alpha-works/bf16", "200000", "32768", "2", "8", "bf16", "99.9%", "95", "0.35", "tools schema"),
    ]
    assert [row[0] for row in rows] == ["alpha-works/bf16", "beta-cloud/fp8", "gamma-edge/int4", "delta-labs/priority"]
    assert json.loads(router.run("endpoints", "acme/scholar-1", "--json").out)["id"] == "acme/scholar-1"


def test_endpoints_in_a_narrow_terminal(router: Router) -> None:
    """Columns that are less needed go before the name is cut; in a wide one all are there."""
    code, lines = router.terminal("endpoints", "acme/scholar-1", columns=80)
    assert code == 0
    assert lines[0].split("  ")[0] == "PROVIDER"
    assert "TOK/S" not in lines[0]
    assert lines[4].startswith("delta-labs/priority  200k")
    assert max(map(len, lines)) <= 80
    _, narrow = router.terminal("endpoints", "acme/scholar-1", columns=50)
    assert narrow[4].split() == ["delta-labs/priority", "200k", "4.00", "16.00"]
    _, wide = router.terminal("endpoints", "acme/scholar-1", columns=120)
    assert wide[0].split()[-4:] == ["UP", "TOK/S", "WAIT", "CAN"]


def test_endpoints_of_nobody(router: Router) -> None:
    """A model that nobody serves, and one that is not there, are exit code 1, each told as what it is."""
    unserved = router.run("endpoints", "south/unserved")
    assert (unserved.code, unserved.out, unserved.err) == (1, "", "franca: nobody serves south/unserved\n")
    unknown = router.run("endpoints", "nobody/nothing")
    assert unknown.code == 1
    assert "404" in unknown.err
    assert "/v1" not in unknown.err  # the address is right


def test_an_unknown_model_of_a_chat_leads_here(router: Router) -> None:
    """The hint names the command that lists what there is."""
    done = router.console.run("chat", "-S", "openrouter", "-m", "nobody/nothing", "Hi", **router.env)
    assert done.code == 1
    assert "`franca openrouter models` lists what there is" in done.err


def test_providers(router: Router) -> None:
    """Slug, name, seat and data centres."""
    rows = [line.split("\t") for line in router.run("providers").out.splitlines()]
    assert ["beta-cloud", "Beta Cloud", "DE", "DE FI"] in rows
    assert {entry["slug"] for entry in json.loads(router.run("providers", "--json").out)} == {row[0] for row in rows}


@pytest.mark.parametrize("words", [["models"], ["endpoints", "acme/poet"], ["providers"]])
def test_public_lists_need_no_key(words: list[str], router: Router) -> None:
    """Without a key none is sent; with one it is, for what only its owner is told."""
    assert router.run(*words, OPENROUTER_API_KEY="").code == 0
    assert router.run(*words).code == 0
    sent = [one.headers.get("authorization") for one in router.sim.requests]
    assert sent == [None, "***"]  # so the simulator shows one


# ---- the account ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["key"], ["credits"], ["keys"], ["activity"], ["generation", "gen-1"]])
def test_the_account_needs_a_key(words: list[str], router: Router) -> None:
    """Exit code 4, with the variable that is missing; nothing is sent."""
    done = router.run(*words, OPENROUTER_API_KEY="")
    assert done.code == 4
    assert "OPENROUTER_API_KEY" in done.err
    assert len(router.sim.requests) == 0


@pytest.mark.parametrize("command", ["credits", "keys", "activity"])
def test_a_management_key_may_have_a_variable_of_its_own(command: str, router: Router) -> None:
    """It is used where a management key is wanted; --api-key-env goes before it. An ordinary key is refused."""
    refused = router.run(command)
    assert refused.code == 4
    assert "OPENROUTER_MANAGEMENT_KEY may hold one" in refused.err.splitlines()[-1]
    assert router.run(command, OPENROUTER_MANAGEMENT_KEY=MANAGEMENT).code == 0
    assert router.run(command, "--api-key-env", "MINE", OPENROUTER_MANAGEMENT_KEY="no", MINE=MANAGEMENT).code == 0
    assert "management" not in router.run("key", OPENROUTER_MANAGEMENT_KEY=MANAGEMENT).out


def test_credits(router: Router) -> None:
    """Paid in, used and left, in dollars."""
    house = router.sim.openrouter
    house.spend(house.check_key([(b"authorization", f"Bearer {KEY}".encode())]), 12.5)
    env = {"OPENROUTER_MANAGEMENT_KEY": MANAGEMENT}
    assert router.run("credits", **env).out == "paid in\t100\nused\t12.5\nleft\t87.5\n"
    assert router.terminal("credits", **env)[1] == ["paid in  $100.00", "used     $12.50", "left     $87.50"]
    assert json.loads(router.run("credits", "--json", **env).out) == {"total_credits": 100.0, "total_usage": 12.5}


def test_key(router: Router) -> None:
    """What the key may spend and has spent; never the key."""
    house = router.sim.openrouter
    with franca.OpenRouter(MANAGEMENT, base_url=router.env["OPENROUTER_BASE_URL"]) as manager:
        secret = manager.keys.create("Ann's", limit=5.0, limit_reset="monthly").key or ""
    house.spend(house.check_key([(b"authorization", f"Bearer {secret}".encode())]), 0.0021)
    _, lines = router.terminal("key", OPENROUTER_API_KEY=secret)
    facts = dict(line.split("  ", 1) for line in lines if "  " in line)
    shown = {label: text.strip() for label, text in facts.items()}
    assert shown["limit"] == "$5.00, each month"
    assert shown["left"] == "$4.9979"
    assert shown["used"] == shown["used today"] == "$0.0021"
    assert secret not in "\n".join(lines)
    assert secret not in router.run("key", "--json", OPENROUTER_API_KEY=secret).out
    assert "kind\tmanagement\n" in router.run("key", OPENROUTER_API_KEY=MANAGEMENT).out
    assert "limit\tnone\n" in router.run("key").out


def test_keys(router: Router) -> None:
    """The account's keys; those that are switched off are listed when they are asked for."""
    env = {"OPENROUTER_MANAGEMENT_KEY": MANAGEMENT}
    with franca.OpenRouter(MANAGEMENT, base_url=router.env["OPENROUTER_BASE_URL"]) as manager:
        on = manager.keys.create("on", limit=5.0)
        off = manager.keys.create("off")
        manager.keys.update(off.hash or "", disabled=True)
    listed = [line.split("\t") for line in router.run("keys", "list", "--disabled", **env).out.splitlines()]
    assert {(row[0], row[5], row[7]) for row in listed} == {("on", "on", on.hash), ("off", "off", off.hash)}
    assert [row.split("\t")[0] for row in router.run("keys", **env).out.splitlines()] == ["on"]
    as_json = router.run("keys", "--json", "--disabled", **env).out
    assert {entry["name"] for entry in json.loads(as_json)} == {"on", "off"}
    assert on.key is not None
    assert on.key not in as_json
    code, lines = router.terminal("keys", **env)
    assert (code, len(lines)) == (0, 2)
    assert "…" not in lines[1]


def test_activity(router: Router) -> None:
    """A row for each day, model and endpoint, and in a terminal their sum."""
    env = {"OPENROUTER_MANAGEMENT_KEY": MANAGEMENT}
    house = router.sim.openrouter
    key = house.check_key([(b"authorization", f"Bearer {KEY}".encode())])
    house.spend(key, 0.25, {**GENERATION, "tokens_completion": 2000})
    house.spend(key, 0.5, {**GENERATION, "model": "acme/poet", "provider_name": "Gamma Edge"})
    rows = [line.split("\t") for line in router.run("activity", **env).out.splitlines()]
    assert {(row[1], row[2], row[3], row[7]) for row in rows} == {
        ("acme/scholar-1", "Alpha Works", "1", "0.25"),
        ("acme/poet", "Gamma Edge", "1", "0.5"),
    }
    assert router.run("activity", "--model", "POET", **env).out.split("\t")[1] == "acme/poet"
    assert len(json.loads(router.run("activity", "--json", **env).out)) == 2
    today = rows[0][0]
    assert router.run("activity", "--date", today, **env).out.count("\n") == 2
    _, lines = router.terminal("activity", **env)
    assert lines[-1] == "$0.75 for 2 requests"


# ---- generations ------------------------------------------------------------------------------------


def test_generation(router: Router) -> None:
    """All that was told of an answer, in words; what is not known yet is waited for."""
    named = router.sim.openrouter.remember(GENERATION, after=2)
    code, lines = router.terminal("generation", named)
    assert code == 0
    shown = {label: text.strip() for label, text in (line.split("  ", 1) for line in lines)}
    assert shown["model"] == "acme/scholar-1"
    assert shown["asked"] == "Beta Cloud 529, Alpha Works no answer"
    assert shown["ended"] == "stop (end_turn at the provider)"
    assert shown["how"] == "streamed"
    assert shown["cost"] == "$0.01234"
    assert (shown["tokens in"], shown["tokens out"]) == ("1,100", "2,100 (64 reasoning)")
    assert shown["first token"] == "0.35 s"
    assert shown["generated"] == "24.00 s, 87.5 tokens/s"
    assert sum("/generation" in one.path for one in router.sim.requests) == 3
    piped = router.run("generation", named)
    assert "cost\t0.01234\n" in piped.out
    assert json.loads(router.run("generation", named, "--json").out)["native_tokens_completion"] == 2100


def test_a_generation_that_is_not_known(router: Router) -> None:
    """With --wait 0 it is asked for once, and not finding it is exit code 1."""
    named = router.sim.openrouter.remember(GENERATION, after=5)
    done = router.run("generation", named, "--wait", "0")
    assert done.code == 1
    assert "404" in done.err
    assert len(router.sim.requests) == 1


# ---- the command itself -----------------------------------------------------------------------------


def test_base_url_goes_before_the_variable(router: Router) -> None:
    """As an option of the command."""
    done = router.run("providers", "--base-url", router.env["OPENROUTER_BASE_URL"], OPENROUTER_BASE_URL="http://x:1/v1")
    assert done.code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required: WHAT"),
        (["modles"], "invalid choice: 'modles'"),
        (["models", "a", "--search", "b"], "is given once"),
        (["models", "--sort", "size"], "--sort takes popular, "),
        (["models", "--limit", "0"], "--limit is a number of models from 1"),
        (["models", "--min-context", "much"], "invalid tokens value: 'much'"),
        (["models", "--min-context", "inf"], "invalid tokens value: 'inf'"),
        (["models", "--max", "1"], "unrecognized arguments: --max"),
        (["keys", "delete"], "invalid choice: 'delete'"),
        (["generation"], "required: ID"),
        (["models", "--base-url", "openrouter.ai"], "base_url is a URL"),
    ],
)
def test_wrong_usage_of_openrouter(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what is wrong."""
    assert main(["openrouter", *words]) == 2
    assert said in capsys.readouterr().err


NAMES = ("models", "endpoints", "providers", "credits", "key", "keys", "activity", "generation", "login")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_openrouter_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In its own help and in the list of all."""
    assert main(["openrouter", name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: franca openrouter {name}")
    assert "--base-url" in shown
    assert "--debug" in shown
    assert main(["help", "openrouter"]) == 0
    assert f"\n    {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--debug", "openrouter"], ["openrouter", "--debug"], ["openrouter"]])
def test_debug_may_stand_anywhere(words: list[str], router: Router) -> None:
    """Before the command, after it, and after what it is asked for."""
    last = [] if "--debug" in words else ["--debug"]
    done = router.console.run(*words, "endpoints", "nobody/nothing", *last, **router.env)
    assert done.code == 1
    assert "Traceback" in done.err
