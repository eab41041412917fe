"""What a family of models wants, whoever serves it: by the longest prefix of the model's name.

Only what changes a request, or what structured output must know. `franca.adapt` asks here for rows that hand requests
to the maker's own model as they are (`Quirks.family_facts`); a router translates for itself. A name may begin with a
provider or publisher ("openai/gpt-5.1"): what is before the last slash is ignored.

Every row has its source and the month when it was held against it. A model that is in no row gets no facts: nothing is
guessed from a name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["FACTS", "NO_FACTS", "Facts", "facts_for"]

Settings = tuple[tuple[str, Any], ...]

_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias")
# They refuse `logprobs` too; but that is asked for its own sake, so that the server's refusal is the better answer.


class Facts(NamedTuple):
    """What is known of one family."""

    token_field: str = ""
    """The one of `max_tokens` and `max_completion_tokens` that it takes; "" when both."""
    reasons: str = ""
    """Whether it reasons: "always", "default" (unless `reasoning_effort` is "none"), "asked" (only when an effort other
    than "none" is given), "" (never, or not known)."""
    refused_reasoning: tuple[str, ...] = ()
    """The fields that it refuses while it reasons."""
    refused: tuple[str, ...] = ()
    """The fields that it refuses always."""
    effort: tuple[tuple[str, Settings], ...] | None = None
    """As `Quirks.effort`, and instead of it; None: the row's holds."""
    budget: Settings | None = None
    """As `Quirks.budget`, and instead of it; None: the row's holds, () that the nearest effort is sent."""
    response_formats: tuple[str, ...] | None = None
    """The types of `response_format` that are honoured; None: the row's hold."""
    source: str = ""
    checked: str = ""


NO_FACTS = Facts()

_OPENAI = Facts(
    token_field="max_completion_tokens",
    refused_reasoning=_SAMPLING,
    source="https://platform.openai.com/docs/guides/reasoning; pydantic_ai profiles/openai.py (tried live, July 2026)",
    checked="2026-11",
)
_ALWAYS = _OPENAI._replace(reasons="always")
_BY_DEFAULT = _OPENAI._replace(reasons="default")
_WHEN_ASKED = _OPENAI._replace(reasons="asked")

_ADAPTIVE: Settings = (("thinking.type", "adaptive"),)
# Effort proper (`output_config.effort`) is not told to be taken by the compatible endpoint, so that the levels become
# on and off: the model itself decides how much.
_CLAUDE = Facts(
    effort=(
        ("none", (("thinking.type", "disabled"),)),
        *((level, _ADAPTIVE) for level in ("minimal", "low", "medium", "high", "xhigh", "max")),
    ),
    budget=_ADAPTIVE,
    source="https://platform.claude.com/docs/en/models; pydantic_ai profiles/anthropic.py",
    checked="2026-11",
)
# From Opus 4.7 on a budget is a 400, and so are the sampling settings.
_CLAUDE_47 = _CLAUDE._replace(refused=("temperature", "top_p", "top_k"))
# "Adaptive (always on)": there is no word for not thinking.
_CLAUDE_ON = _CLAUDE_47._replace(effort=(("none", ()), *(_CLAUDE.effort or ())[1:]))

_KIMI_3 = Facts(
    effort=(
        ("none", (("reasoning_effort", "low"),)),
        ("minimal", (("reasoning_effort", "low"),)),
        ("medium", (("reasoning_effort", "high"),)),
        ("xhigh", (("reasoning_effort", "max"),)),
    ),
    source="https://platform.moonshot.ai/docs (by way of public notes on Kimi K3: always thinks; low, high, max)",
    checked="2026-11",
)

FACTS: dict[str, Facts] = {
    "o1": _ALWAYS,
    "o3": _ALWAYS,
    "o4": _ALWAYS,
    "gpt-5": _ALWAYS,
    "gpt-5-chat": _OPENAI,
    "gpt-5.1": _WHEN_ASKED,
    "gpt-5.1-chat": _ALWAYS,
    "gpt-5.1-codex": _ALWAYS,
    "gpt-5.2": _WHEN_ASKED,
    "gpt-5.2-chat": _ALWAYS,
    "gpt-5.2-pro": _ALWAYS,
    "gpt-5.3": _WHEN_ASKED,
    "gpt-5.3-chat": _ALWAYS,
    "gpt-5.4": _WHEN_ASKED,
    "gpt-5.4-pro": _ALWAYS,
    "gpt-5.5": _BY_DEFAULT,
    "gpt-5.5-pro": _ALWAYS,
    "gpt-5.6": _BY_DEFAULT,
    "gpt-6-astra": _ALWAYS,
    "claude-opus-4-6": _CLAUDE,
    "claude-sonnet-4-6": _CLAUDE,
    "claude-opus-4-7": _CLAUDE_47,
    "claude-opus-4-8": _CLAUDE_47,
    "claude-opus-5": _CLAUDE_47,
    "claude-opus-5-5": _CLAUDE_ON,
    "claude-sonnet-5": _CLAUDE_47,
    "claude-haiku-5": _CLAUDE,
    "claude-fable-5": _CLAUDE_ON,
    "claude-mythos-5": _CLAUDE_ON,
    "kimi-k3": _KIMI_3,
    "deepseek": Facts(
        response_formats=("json_object",),
        source="https://api-docs.deepseek.com/guides/json_mode",
        checked="2026-11",
    ),
}

_LONGEST = max(map(len, FACTS))


def facts_for(model: str) -> Facts:
    """The facts of the family that a model belongs to; `NO_FACTS` for one that is not known."""
    name = model.rpartition("/")[2].lower()
    for length in range(min(len(name), _LONGEST), 1, -1):
        found = FACTS.get(name[:length])
        if found is not None:
            return found
    return NO_FACTS
