"""From findings to rows: the words of the table, what differs, and TOML that reads back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from franca.doctor import Examination, Finding, chosen, differences, quirks_of, row_of
from franca.servers import SERVERS, Quirks, Server, load_servers, to_toml
from franca.simulator import Simulator

from .contrary import Contrary


def finding(name: str, verdict: str = "no", **quirks: Any) -> Finding:
    """A finding with these quirks."""
    return Finding(name, "x", verdict, "", (), 0.0, None, tuple(quirks.items()))


def test_quirks_are_joined() -> None:
    """Lists are joined without repeats, formats that were refused leave the list of formats."""
    found = quirks_of(
        [
            finding("a", drops=("seed",)),
            finding("b", drops=("seed", "n"), token_field="max_tokens"),
            finding("c", refused_formats=("json_schema",)),
        ]
    )
    assert found == Quirks(drops=("seed", "n"), token_field="max_tokens", response_formats=("json_object",))


def test_contradictions_are_left_out() -> None:
    """A server that heeds neither limit of tokens prefers none of them."""
    found = quirks_of([finding("a", token_field="max_tokens"), finding("b", token_field="max_completion_tokens")])
    assert found == Quirks()


def test_differences_are_sentences() -> None:
    """What the table does not know, and what it says although it works."""
    row = Server("mine", "http://x/v1", quirks=Quirks(drops=("seed",), single_system=True, token_field="max_tokens"))
    texts = differences(
        [
            finding("seed", "ok"),
            finding("two systems", "ok"),
            finding("message name", message_drops=("name",)),
            finding("max_tokens", token_field="max_completion_tokens"),
            finding("base64", base64_embeddings=False),
            finding("stream", oddities=("Streams end without [DONE].",)),
        ],
        row,
    )
    assert texts == [
        "token_field: the table says max_tokens; this server says max_completion_tokens",
        "message_drops: the table says nothing; this server adds name",
        "base64_embeddings: the table says nothing; this server says false",
        "drops: the table says seed; seed works at this server",
        "single_system: the table says true; two systems works at this server",
    ]
    assert differences([finding("n", "ok")], row) == []


def test_a_row_of_the_table_keeps_what_was_not_probed() -> None:
    """What was found is put in its place; the rest of the row stays as it was."""
    known = SERVERS["mistral"]
    made = row_of([finding("message name", "ok"), finding("n", ignores=("n",))], "mistral", "http://x/v1", "2026-11-21")
    assert (made.name, made.base_url, made.checked) == ("my-mistral", "http://x/v1", "2026-11")
    assert made.quirks.tool_choices == known.quirks.tool_choices
    assert "n" in made.quirks.ignores
    assert "name" not in made.quirks.message_drops


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:8080/v1", "local-8080"),
        ("http://localhost/v1", "local"),
        ("http://10.0.0.7:8000/v1", "local-8000"),
        ("https://api.example.com/v1", "example"),
        ("https://gpu/v1", "gpu"),
    ],
)
def test_names_of_new_rows(url: str, name: str) -> None:
    """A server without a name gets one from its address."""
    assert row_of([], url, url, "2026-11-21").name == name


@pytest.mark.parametrize(
    ("departure", "probes", "quirks"),
    [
        ({"refuse": ("max_completion_tokens",)}, ["max_completion_tokens"], {"token_field": "max_tokens"}),
        ({"forget": ("max_completion_tokens",)}, ["sampling"], {"token_field": "max_tokens"}),
        ({"refuse": ("developer",)}, ["developer role"], {"roles": (("developer", "system"),)}),
        ({"refuse": ("stream_options",)}, ["stream usage"], {"stream_options": False}),
        ({"refuse": ("json_schema",)}, ["json_schema"], {"response_formats": ("json_object",)}),
        ({"refuse": ("seed",)}, ["seed"], {"drops": ("seed",)}),
        ({"refuse": ("name",)}, ["message name"], {"message_drops": ("name",)}),
        ({"refuse": ("text",)}, ["content parts"], {"flat_content": True}),
        ({"refuse": ("Be kind.",)}, ["two systems"], {"single_system": True}),
        ({"refuse": ("base64",)}, ["base64"], {"base64_embeddings": False}),
        ({"refuse": ("parallel_tool_calls",)}, ["parallel tools"], {"drops": ("parallel_tool_calls",)}),
        ({"refuse": ("get_tide",)}, ["tool_choice named"], {"named_tool_choice": False}),
        ({"forget": ("n",)}, ["n"], {"ignores": ("n",)}),
    ],
)
def test_rows_found_at_contrary_servers(
    departure: dict[str, Any], probes: list[str], quirks: dict[str, Any], sim: Simulator, tmp_path: Path
) -> None:
    """The quirk of a server is found, and its row reads back from TOML with it."""
    model = "json" if "json_schema" in probes else "tools"
    with (
        Contrary(sim.url, **departure) as server,
        Examination(server.url, model=model, embedding_model="embed") as examination,
    ):
        findings = list(examination.findings(chosen(probes)))
        row = row_of(findings, examination.server, examination.base_url, "2026-11-21")
    for name, value in quirks.items():
        assert getattr(row.quirks, name) == value
    file = tmp_path / "servers.toml"
    file.write_text(to_toml(row), encoding="utf-8")
    assert load_servers(str(file)) == {row.name: row}


def test_a_dialect_is_known_again(sim: Simulator) -> None:
    """Mistral's row, against the simulator's Mistral: what it refuses is found, and the table says so already."""
    with Examination(sim.dialect("mistral"), model="tools") as examination:
        findings = list(examination.findings(chosen(["stream usage", "message name", "unknown field"])))
    assert {one.name: one.verdict for one in findings}["unknown field"] == "no"
    assert differences(findings, SERVERS["mistral"]) == []


def test_a_row_of_the_table_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with the row of a built-in server is one that FRANCA_SERVERS takes, and the row is found there."""
    from franca.servers import known_servers

    row = row_of([finding("n", ignores=("n",))], "groq", "http://127.0.0.1:1/v1", "2026-11-21")
    file = tmp_path / "servers.toml"
    file.write_text(to_toml(row), encoding="utf-8")
    monkeypatch.setenv("FRANCA_SERVERS", str(file))
    assert known_servers()["my-groq"] == row
    again = row_of([], "my-groq", "http://127.0.0.1:1/v1", "2026-11-22")
    assert (again.name, again.quirks) == ("my-groq", row.quirks)
