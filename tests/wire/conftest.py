"""Answers of real servers, as JSON bytes: `samples/SERVER/CASE.json`."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"


def pytest_generate_tests(metafunc):
    """A test with an argument `sample` runs once for every file, `chat_sample` once for every chat answer."""
    every = sorted(SAMPLES.glob("*/*.json"))
    kinds = {
        "sample": every,
        "chat_sample": [path for path in every if b"chat.completion" in path.read_bytes()],
        "embeddings_sample": [path for path in every if "embeddings" in path.stem],
    }
    for name, paths in kinds.items():
        if name in metafunc.fixturenames:
            values = [path.read_bytes() for path in paths]
            metafunc.parametrize(name, values, ids=[f"{path.parent.name}-{path.stem}" for path in paths])
