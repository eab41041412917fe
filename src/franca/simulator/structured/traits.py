"""The variants of `structured`: their names, what stands for several, and names joined by "+"."""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from .refusals import REFUSALS

__all__ = ["STRUCTURED_VARIANTS", "TRAITS", "traits_of"]

TRAITS = frozenset(
    (
        *("strict-subset", "json-word"),
        *("ignores", "ignores-tools", "ignores-tools-json"),
        *("second", "third", "never", "messy", "echo-schema", "think", "list"),
        *("cut", "cut-hard", "refuses", "filtered", "empty"),
        *(f"{what}-{server}" for what, words in REFUSALS.items() for server in words),
    )
)
_SHORT: dict[str, tuple[str, ...]] = {what: (f"{what}-{next(iter(words))}",) for what, words in REFUSALS.items()}
_SHORT |= {
    "tools-only": (*_SHORT["no-schema"], *_SHORT["no-json-object"]),
    "json-object-only": (*_SHORT["no-schema"], *_SHORT["no-tools"]),
    "prompt-only": (*_SHORT["no-schema"], *_SHORT["no-json-object"], *_SHORT["no-tools"]),
}


@lru_cache(maxsize=256)
def traits_of(variant: str) -> frozenset[str]:
    """The traits that a variant stands for. KeyError: there is no such variant."""
    found: set[str] = set()
    for name in variant.split("+") if variant else ():
        if name in TRAITS:
            found.add(name)
        else:
            found |= set(_SHORT[name])
    return frozenset(found)


class _Variants(Container[str]):
    """Every variant, joined ones too."""

    def __contains__(self, variant: object) -> bool:
        try:
            return bool(traits_of(str(variant)))
        except KeyError:
            return False


STRUCTURED_VARIANTS: Container[str] = _Variants()
