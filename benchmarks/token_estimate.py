"""How far `franca.estimate_tokens` is from five real tokenizers: over the texts of `token_texts.py` and, to see that
its constants are not made for these alone, over files of this repository. Prints the table of docs/limits.md.

Once, in a directory of its own (node and npm, some 40 MB; no vocabulary is fetched at run time):

    mkdir /tmp/tokenizers && cd /tmp/tokenizers
    npm install gpt-tokenizer@4.0.0 llama3-tokenizer-js@1.2.0
    python -m venv venv && venv/bin/pip install tiktoken==0.14.0 dashscope==2.0.2 mistral-common==1.13.1 REPOSITORY

    cd /tmp/tokenizers && venv/bin/python REPOSITORY/benchmarks/token_estimate.py
"""

from __future__ import annotations

import base64
import importlib.resources
import json
import random
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import tiktoken
from token_texts import TUNED

from franca import estimate_tokens

HERE = Path(__file__).parent
_QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def qwen() -> tiktoken.Encoding:
    """Qwen's vocabulary, as the package dashscope carries it."""
    lines = (importlib.resources.files("dashscope") / "resources" / "qwen.tiktoken").read_bytes().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
    return tiktoken.Encoding("qwen", pat_str=_QWEN, mergeable_ranks=ranks, special_tokens={})


def tekken() -> tiktoken.Encoding:
    """Mistral's Tekken, as the package mistral-common carries it."""
    data = json.loads((importlib.resources.files("mistral_common") / "data" / "tekken_240911.json").read_text())
    size = data["config"]["default_vocab_size"] - data["config"]["default_num_special_tokens"]
    ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in data["vocab"][:size]}
    return tiktoken.Encoding("tekken", pat_str=data["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})


def counts(texts: dict[str, str]) -> dict[str, dict[str, int]]:
    """What each tokenizer says of each text."""
    shutil.copy(HERE / "token_estimate.mjs", "token_estimate.mjs")  # node looks for packages beside the script
    done = subprocess.run(
        ["node", "token_estimate.mjs"], input=json.dumps(texts), text=True, capture_output=True, check=True
    )
    counted: dict[str, dict[str, int]] = json.loads(done.stdout)
    others = {"qwen": qwen(), "tekken": tekken()}
    for name, text in texts.items():
        counted[name] |= {other: len(one.encode(text, disallowed_special=())) for other, one in others.items()}
    return counted


def held_out() -> dict[str, str]:
    """Pieces of this repository, and made blobs, none of which the constants were fitted to."""
    chance = random.Random(7)
    found: dict[str, str] = {}
    for kind, pattern in (("Python", "src/**/*.py"), ("Markdown", "docs/*.md"), ("tests", "tests/**/*.py")):
        files = sorted(HERE.parent.glob(pattern))
        for file in chance.sample(files, min(20, len(files))):
            text = file.read_text(encoding="utf-8")
            if len(text) < 400:
                continue
            start = chance.randrange(max(1, len(text) - 1200))
            found[f"{kind} of this repository/{file.name}/{start}"] = text[start : start + 1200]
    for number in range(10):
        found[f"base64, other/{number}"] = base64.b64encode(chance.randbytes(chance.randrange(90, 900))).decode()
    return found


def main() -> None:
    names = ("o200k", "cl100k", "llama3", "qwen", "tekken")
    texts = TUNED | held_out()
    counted = counts(texts)
    groups: dict[str, list[str]] = {}
    for name in texts:
        groups.setdefault(name.partition("/")[0], []).append(name)
    print("| text | tokens | " + " | ".join(names) + " | of the median |")
    print("|---|---:|" + "---:|" * (len(names) + 1))
    errors = []
    for group, members in groups.items():
        estimates = {name: estimate_tokens(texts[name]) for name in members}
        row = [statistics.median(estimates[name] / counted[name][one] - 1 for name in members) for one in names]
        middle = [estimates[name] / statistics.median(counted[name].values()) - 1 for name in members]
        errors.append(statistics.median(middle))
        tokens = round(statistics.median(statistics.median(counted[name].values()) for name in members))
        print(f"| {group} | {tokens} | " + " | ".join(f"{one:+.0%}" for one in (*row, errors[-1])) + " |")
    print()
    print(f"median error {statistics.median(errors):+.1%}, of its size {statistics.median(map(abs, errors)):.1%}")
    for kind in ("English prose", "Python", "Chinese"):
        text = texts[kind] * 3000
        began = time.perf_counter()
        estimate_tokens(text)
        print(f"{kind}: {len(text.encode()) / (time.perf_counter() - began) / 1e6:.0f} MB/s")


if __name__ == "__main__":
    main()
