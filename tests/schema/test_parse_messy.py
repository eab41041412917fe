"""Hand-checked messy answers, and hundreds that were damaged by chance: right or refused, never silently wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from damage import damaged, is_cut_of

from franca.errors import OutputInvalid
from franca.schema.parsing import parse
from franca.schema.validate import validator_for

MESSY = [json.loads(line) for line in Path(__file__).with_name("messy.jsonl").read_text(encoding="utf-8").splitlines()]
SEEDS = 1500


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 3 and 3.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("case", MESSY, ids=[case["id"] for case in MESSY])
def test_messy(case: dict[str, Any]) -> None:
    """Each gives the value that a careful reader takes from it, or an error where there is none."""
    if case.get("expect_error"):
        with pytest.raises(OutputInvalid) as caught:
            parse(case["text"], case["schema"])
        assert caught.value.text == case["text"]
        assert caught.value.problems
    else:
        parsed = parse(case["text"], case["schema"])
        assert same(parsed.value, case["expect"])
        assert bool(parsed.repairs) == (parsed.cost > 0 or any(one.kind == "text around" for one in parsed.repairs))


@pytest.mark.parametrize("block", range(0, SEEDS, 100))
def test_damaged(block: int) -> None:
    """A damaged instance comes back as it was, or is refused; of a cut one nothing may come but what the end took."""
    right = 0
    for seed in range(block, block + 100):
        case = damaged(seed)
        try:
            parsed = parse(case.text, case.schema)
        except OutputInvalid:
            continue
        assert validator_for(case.schema).valid(parsed.value)
        cut = {"cut", "closers missing"} & {*case.faults}
        whole = same(parsed.value, case.instance)
        assert whole or (cut and is_cut_of(parsed.value, case.instance)), (seed, case, parsed)
        right += 1
    assert right >= 80  # that refusing everything is no way to pass


def test_the_corpus_is_varied() -> None:
    """Every kind of fault is in it many times."""
    faults = [fault for seed in range(SEEDS) for fault in damaged(seed).faults]
    assert len(set(faults)) > 35
    assert all(faults.count(fault) >= 5 for fault in set(faults))


@pytest.mark.parametrize("case", MESSY, ids=[case["id"] for case in MESSY])
def test_the_beginnings_of_every_text(case: dict[str, Any]) -> None:
    """Wherever a text is cut there is a value that fits or a refusal, and no other error, also when salvaging."""
    validator = validator_for(case["schema"])
    text = case["text"][:200]
    for end in range(len(text)):
        for salvage in (False, True):
            try:
                value = parse(text[:end], case["schema"], salvage=salvage).value
            except OutputInvalid:
                continue
            assert validator.valid(value)
