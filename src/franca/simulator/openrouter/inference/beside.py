"""What an answer has beside its words: searches and their citations, files, images, tools that OpenRouter runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .call import Call
from .ledger import Extras
from .pictures import data_url
from .taken import RANGES

__all__ = ["cited", "debug", "extras_of", "image", "note_stages", "tool_details"]

_SEARCH = "openrouter:web_search"
_SEARCHED = 5
_MOST_SEARCHED = 10


def extras_of(call: Call, size: int) -> Extras:
    """What is paid for beside the tokens of a prompt of `size`."""
    taken = call.taken
    searches = sum(1 for _ in _searches(call))
    cached = size // 2 if _caches(taken.raw) else 0
    return Extras(searches, len(taken.server_tools), int(_paints(call)), cached)


def _searches(call: Call) -> Iterator[Mapping[str, Any]]:
    """The options of each search: of the plugin, and of the server tool. Every one of them searches once."""
    if "web" in call.taken.plugins:
        yield call.taken.plugins["web"]
    for tool in call.taken.server_tools:
        if tool["type"] == _SEARCH:
            options = tool.get("parameters")
            yield options if isinstance(options, Mapping) else {}


def _caches(body: Mapping[str, Any]) -> bool:
    """Whether the prompt was marked for the provider's cache; half of it counts as found there."""
    lists = (one["content"] for one in body["messages"] if isinstance(one.get("content"), list))
    return bool(body.get("cache_control")) or any(part.get("cache_control") for parts in lists for part in parts)


def _paints(call: Call) -> bool:
    model = call.taken.models[0]
    outputs = ("text",) if model.record is None else model.record.outputs
    return "image" in call.taken.wants.modalities or model.manner == "images" or outputs == ("image",)


def note_stages(call: Call) -> None:
    """The plugins that ran, in the pipeline."""
    taken = call.taken
    if "web" in taken.plugins:
        data: dict[str, Any] = {
            "engine": taken.plugins["web"].get("engine") or "exa",
            "results": _number(taken.plugins["web"]),
        }
        call.pipeline.append({"type": "plugin", "name": "web-search", "data": data})
    if taken.server_tools:
        names = [str(one["type"]) for one in taken.server_tools]
        call.pipeline.append({"type": "server_tools", "name": "server-tools", "data": {"mode": "sdk", "tools": names}})
    form = taken.body.get("response_format")
    if "response-healing" in taken.plugins and not taken.streams and form:
        data = {"mode": form["type"], "improved": False}
        call.pipeline.append({"type": "response_healing", "name": "response-healing", "data": data})


def _number(options: Mapping[str, Any]) -> int:
    most = options.get("max_results")
    return min(max(most, 0), _MOST_SEARCHED) if type(most) is int else _SEARCHED


def cited(call: Call, text: str) -> list[dict[str, Any]]:
    """Citations of what was searched, and files that were parsed."""
    made: list[dict[str, Any]] = []
    for options in _searches(call):
        domains = options.get("include_domains") or options.get("allowed_domains")
        if not isinstance(domains, list) or not domains:
            domains = ["example.com"]
        for index in range(_number(options)):
            found = {
                "url": f"https://{domains[index % len(domains)]}/result-{index + 1}",
                "title": f"Result {index + 1}",
                "content": "What was found.",
                "start_index": 0,
                "end_index": len(text),
            }
            made.append({"type": "url_citation", "url_citation": found})
    if "file-parser" in call.taken.plugins:
        made += map(_parsed, _files(call.taken.body["messages"]))
    return made


def _files(messages: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        for part in message["content"] if isinstance(message.get("content"), list) else ():
            if part["type"] == "file":
                yield part["file"]


def _parsed(file: Mapping[str, Any]) -> dict[str, Any]:
    name = str(file.get("filename") or "file")
    content = [{"type": "text", "text": f"[the text of {name}]"}]
    return {"type": "file", "file": {"hash": f"hash-of-{name}", "name": name, "content": content}}


def image(words: str) -> dict[str, Any]:
    """An image of `message.images`."""
    return {"type": "image_url", "image_url": {"url": data_url(words)}, "index": 0}


def tool_details(call: Call) -> list[dict[str, Any]]:
    """The calls of OpenRouter's own tools, as reasoning details."""
    return [
        {
            "type": "reasoning.server_tool_call",
            "tool_name": str(tool["type"]),
            "tool_call_id": f"st_{index}",
            "arguments": "{}",
            "result": "{}",
            "format": "unknown",
            "index": index + 8,  # behind every detail of the thoughts
        }
        for index, tool in enumerate(call.taken.server_tools)
    ]


def debug(call: Call, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A debug chunk for each provider that was tried, where a stream asks for them."""
    asked = call.taken.raw.get("debug")
    if not call.taken.streams or not isinstance(asked, Mapping) or asked.get("echo_upstream_body") is not True:
        return []
    sampling = {name: call.taken.raw[name] for name in RANGES if call.taken.raw.get(name) is not None}
    echoed = {"echo_upstream_body": {**body, **sampling, "stream": True}}
    return [{"provider": one.provider, "debug": echoed} for one, _ in call.tries]
