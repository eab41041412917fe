"""What the simulated OpenRouter says is what the official package's models take: it holds to the published schema."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from franca.simulator import Simulator

from .official import PYTHON, needs_official
from .sim_or_inference_asker import TOOL, Asker

CHATS: list[tuple[str, dict[str, Any]]] = [
    ("author/echo", {"n": 2, "service_tier": "auto"}),
    ("author/flaky", {"cache_control": {"type": "ephemeral"}}),
    ("author/reason", {}),
    ("author/reason-signed", {}),
    ("author/reason-summary", {}),
    ("author/reason-encrypted", {}),
    ("author/painter", {}),
    ("author/echo:online", {}),
    ("author/tools", {"tools": [TOOL, {"type": "openrouter:web_search"}]}),
    ("author/choice-502", {}),
    ("author/midstream-502", {}),
    ("author/filtered", {}),
    ("author/blank", {}),
    ("author/no-choices", {}),
    ("acme/scholar-1", {"provider": {"sort": "price"}}),
]
_PROGRAM = """
import json, sys
import openrouter.components as components, openrouter.operations as operations
wrong = []
for name, given in json.load(sys.stdin):
    model = getattr(components, name, None) or getattr(operations, name)
    try:
        model.model_validate(given)
    except Exception as error:
        wrong.append([name, str(error)[:500]])
print(json.dumps(wrong))
"""


def _said(asker: Asker) -> list[tuple[str, Any]]:
    """Answers, each with the name of its schema."""
    routed = {"x-openrouter-metadata": "enabled"}
    said: list[tuple[str, Any]] = []
    for model, fields in CHATS:
        # Old answers lack the fingerprint that the schema says is always there, and so do these.
        said.append(("ChatResult", {"system_fingerprint": None, **asker.ask(model, routed, **fields).body}))
        said += [("ChatStreamChunk", one) for one in asker.events(model, routed, **fields) if one != "[DONE]"]
    sound = {
        "model": "east/scribe",
        "input_audio": {"data": "AAAA", "format": "wav"},
        "response_format": "verbose_json",
    }
    for path, name, body in (
        ("/embeddings", "CreateEmbeddingsResponseBody", {"model": "author/embed", "input": "x"}),
        ("/rerank", "CreateRerankResponseBody", {"model": "east/reranker", "query": "a", "documents": ["a", "b"]}),
        ("/images", "ImageGenerationResponse", {"model": "east/painter", "prompt": "x"}),
        ("/audio/transcriptions", "STTResponse", sound),
    ):
        said.append((name, asker(path, body).body))
    id = asker.ask("author/flaky", session_id="s").body["id"]
    asker(f"/generation?id={id}")
    said.append(("GenerationResponse", asker(f"/generation?id={id}").body))
    told = asker.told("author/down")
    return [
        *said,
        ("OpenRouterMetadata", told),
        ("NotFoundResponseErrorData", asker.ask("author/error-404").body["error"]),
    ]


@needs_official
def test_the_official_models_take_it() -> None:
    """Chats whole and as events, vectors, ranks, images, transcriptions, statistics, the route, errors."""
    with Simulator() as simulator, Asker(simulator) as asker:
        said = _said(asker)
    assert len(said) > 100
    made = subprocess.run(
        [str(PYTHON), "-c", _PROGRAM], input=json.dumps(said).encode(), capture_output=True, timeout=60, check=True
    )
    assert json.loads(made.stdout) == []
