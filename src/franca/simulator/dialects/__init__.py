"""The dialects of real servers: what each writes, wants, refuses and ignores, as records.

    simulator.dialect("groq")       # a base URL at which the simulator answers as Groq does

`DIALECTS` holds one for each row of `franca.servers`. Facts are from the servers' documents and sources, from what
their users quote in public issues, and, where a server was run, from its own answers (tests/wire_samples); `source`
says which, `note` what is uncertain. Where nothing is known a dialect is plain OpenAI.
"""

from __future__ import annotations

from .hosts import HOSTS
from .makers import ANTHROPIC, GEMINI, MISTRAL, PERPLEXITY, XAI
from .openai import AZURE, OPENAI
from .own import OWN
from .record import Asked, Dialect, Problem, Speech
from .routers import ROUTERS
from .thinkers import DASHSCOPE, DASHSCOPE_INTL, DEEPSEEK, MOONSHOT, ZAI

__all__ = ["DIALECTS", "Asked", "Dialect", "Problem", "Speech"]

_THINKERS = (DEEPSEEK, MOONSHOT, ZAI, DASHSCOPE, DASHSCOPE_INTL)
_MAKERS = (OPENAI, AZURE, *_THINKERS, MISTRAL, GEMINI, ANTHROPIC, XAI, PERPLEXITY)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (*_MAKERS, *ROUTERS, *HOSTS, *OWN)}
