"""The made-up providers, and the terms on which they offer models: names of parameters, prices. Data."""

from __future__ import annotations

from types import MappingProxyType

from .records import Provider

__all__ = [
    "ALPHA",
    "BETA",
    "CREATED",
    "DAY",
    "DELTA",
    "GAMMA",
    "JSON",
    "NOTHING",
    "ODD",
    "ODDEST",
    "PLAIN",
    "PROVIDERS",
    "REASON",
    "SAMPLING",
    "SCHEMA",
    "SIMULATED",
    "TOOLS",
    "prices",
]

CREATED = 1_790_000_000  # 21 September 2026
DAY = 86_400

SIMULATED = Provider("Simulated", "simulated", "NL", ("NL",), zdr=True)
ALPHA = Provider("Alpha Works", "alpha-works", "US", ("US", "CA"), zdr=True)
BETA = Provider("Beta Cloud", "beta-cloud", "DE", ("DE", "FI"))
GAMMA = Provider("Gamma Edge", "gamma-edge", "SG", ("SG", "JP"), trains=True)
DELTA = Provider("Delta Labs", "delta-labs", "FR", ("FR", "US"), zdr=True)
PROVIDERS = (SIMULATED, ALPHA, BETA, GAMMA, DELTA)

PLAIN = ("temperature", "top_p", "max_tokens", "stop")
SAMPLING = (*PLAIN, "max_completion_tokens", "frequency_penalty", "presence_penalty", "seed", "top_k")
TOOLS = ("tools", "tool_choice", "parallel_tool_calls")
JSON = ("response_format",)
SCHEMA = ("response_format", "structured_outputs")
REASON = ("reasoning", "reasoning_effort", "include_reasoning")
ODD = ("min_p", "top_a", "repetition_penalty", "logit_bias", "logprobs", "top_logprobs", "verbosity")
ODDEST = ("prediction", "web_search_options")


def prices(prompt: str, completion: str, **more: str) -> MappingProxyType[str, str]:
    """USD as decimal text, by kind: of one token of the prompt and of the completion, and of whatever else."""
    return MappingProxyType({"prompt": prompt, "completion": completion, **more})


NOTHING = prices("0", "0")
