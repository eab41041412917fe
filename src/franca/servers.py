"""The servers that have a name: rows, not classes. `Client("groq")` takes its address and key from here.

A row is where a server is and how it wants to be asked. An address that belongs to a row (same host) takes
its key from the row's variable too; a key is never sent to a host that it was not meant for.
Source of the addresses and variables: the servers' own documents, November 2026.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import BadUsage

__all__ = ["SERVERS", "Server", "server_for_host", "server_named"]


class Server(NamedTuple):
    """One server. `auth` is "bearer", "api-key" (the header of that name) or "none"."""

    name: str
    base_url: str
    key_vars: tuple[str, ...] = ()
    """Environment variables that may hold the key, first found wins."""
    url_vars: tuple[str, ...] = ()
    """Environment variables that may hold another base URL."""
    auth: str = "bearer"
    needs_key: bool = True
    hosts: tuple[str, ...] = ()
    """Further hosts that are this server; one with a leading dot stands for all below it."""
    base64_embeddings: bool | None = None
    """Whether `encoding_format: "base64"` is taken; None: not known, so it is tried."""


def _local(name: str, base_url: str, *url_vars: str, key_vars: tuple[str, ...] = ()) -> Server:
    return Server(name=name, base_url=base_url, url_vars=url_vars, key_vars=key_vars, needs_key=False)


_ROWS = (
    Server(
        name="openai",
        base_url="https://api.openai.com/v1",
        key_vars=("OPENAI_API_KEY",),
        url_vars=("OPENAI_BASE_URL",),
        base64_embeddings=True,
    ),
    # Azure's address is the user's own (`https://NAME.openai.azure.com/openai/v1`, or a deployment's path with
    # `?api-version=`), so the row has none: it tells how to authenticate at any host below that domain.
    Server(
        name="azure",
        base_url="",
        key_vars=("AZURE_OPENAI_API_KEY",),
        url_vars=("AZURE_OPENAI_ENDPOINT",),
        auth="api-key",
        hosts=(".openai.azure.com", ".cognitiveservices.azure.com"),
    ),
    Server(name="openrouter", base_url="https://openrouter.ai/api/v1", key_vars=("OPENROUTER_API_KEY",)),
    Server(name="groq", base_url="https://api.groq.com/openai/v1", key_vars=("GROQ_API_KEY",)),
    Server(
        name="together",
        base_url="https://api.together.xyz/v1",
        key_vars=("TOGETHER_API_KEY",),
        hosts=("api.together.ai",),
    ),
    Server(
        name="github",
        base_url="https://models.github.ai/inference",
        key_vars=("GITHUB_TOKEN", "GITHUB_API_KEY"),
        hosts=("models.inference.ai.azure.com",),
    ),
    Server(name="deepseek", base_url="https://api.deepseek.com", key_vars=("DEEPSEEK_API_KEY",)),
    Server(name="mistral", base_url="https://api.mistral.ai/v1", key_vars=("MISTRAL_API_KEY",)),
    Server(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_vars=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    ),
    Server(name="anthropic", base_url="https://api.anthropic.com/v1", key_vars=("ANTHROPIC_API_KEY",)),
    Server(name="fireworks", base_url="https://api.fireworks.ai/inference/v1", key_vars=("FIREWORKS_API_KEY",)),
    Server(name="xai", base_url="https://api.x.ai/v1", key_vars=("XAI_API_KEY",)),
    Server(name="cerebras", base_url="https://api.cerebras.ai/v1", key_vars=("CEREBRAS_API_KEY",)),
    Server(
        name="sambanova",
        base_url="https://api.sambanova.ai/v1",
        key_vars=("SAMBANOVA_API_KEY",),
        url_vars=("SAMBANOVA_BASE_URL",),
    ),
    Server(
        name="nvidia",
        base_url="https://integrate.api.nvidia.com/v1",
        key_vars=("NVIDIA_NIM_API_KEY", "NVIDIA_API_KEY"),
    ),
    Server(name="huggingface", base_url="https://router.huggingface.co/v1", key_vars=("HF_TOKEN",)),
    Server(
        name="perplexity",
        base_url="https://api.perplexity.ai",
        key_vars=("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"),
    ),
    Server(name="moonshot", base_url="https://api.moonshot.ai/v1", key_vars=("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY")),
    _local("ollama", "http://localhost:11434/v1", "OLLAMA_BASE_URL", key_vars=("OLLAMA_API_KEY",)),
    _local("vllm", "http://localhost:8000/v1", "VLLM_BASE_URL", key_vars=("VLLM_API_KEY",)),
    _local("litellm", "http://localhost:4000", key_vars=("LITELLM_PROXY_API_KEY",)),
    _local("llamacpp", "http://localhost:8080/v1", key_vars=("LLAMA_API_KEY",)),
    _local("lmstudio", "http://localhost:1234/v1", key_vars=("LM_STUDIO_API_KEY",)),
    _local("at", "http://localhost:8080/gateway/v1", "AT_BASE_URL", key_vars=("AT_API_TOKEN",)),
)

SERVERS: dict[str, Server] = {row.name: row for row in _ROWS}


def server_named(name: str) -> Server:
    """The row called `name`; BadUsage, with what was perhaps meant, when there is none."""
    row = SERVERS.get(name.lower())
    if row is not None:
        return row
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), SERVERS, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    raise BadUsage(
        f"no server is called {name!r}{guess} Give a URL such as http://localhost:8000/v1, or one of: "
        + ", ".join(sorted(SERVERS))
    )


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", ""})
_BY_HOST = {host: row for row in _ROWS for host in (_host_of(row.base_url), *row.hosts) if host not in _LOCAL_HOSTS}


def server_for_host(host: str) -> Server | None:
    """The row that a host belongs to, or None. Local addresses belong to none: anything may listen there."""
    row = _BY_HOST.get(host)
    if row is not None:
        return row
    return next((row for suffix, row in _BY_HOST.items() if suffix.startswith(".") and host.endswith(suffix)), None)
