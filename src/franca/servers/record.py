"""What a row of the table of servers is made of: `Server`, its `Form`s of address, and its `Quirks`.

The vocabulary of quirks is closed: every field of `Quirks` is a word that `franca.adapt` (or, where said so, the
documentation) understands, and its default means "nothing special here". A server that needs more than these words
gets a new word here, not code of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import BadUsage

__all__ = [
    "AUTHS",
    "FEATURES",
    "NO_QUIRKS",
    "REASONING_CARRIERS",
    "REASONING_ECHOES",
    "Form",
    "Quirks",
    "Server",
    "Settings",
    "check_name",
]

AUTHS = ("bearer", "api-key", "none")

Settings = tuple[tuple[str, Any], ...]
"""Request fields to set: (path with dots, value). The values "$level" and "$budget" stand for what was asked."""

FEATURES = ("tools", "stream", "json_schema", "json_object")
"""What `Quirks.excludes` may name: a request with tools, a streamed one, one of these response formats."""

REASONING_CARRIERS = (
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "thinking",
    "thinking_blocks",
    "thinking_parts",
    "extra_content",
)
"""Where reasoning travels in a message. `thinking_parts` are parts of `content` (Mistral), `extra_content` is
Gemini's, on the message and on its tool calls; the others are fields of the message."""

REASONING_ECHOES = ("same", "own", "never", "tools", "always")


class Quirks(NamedTuple):
    """How a server departs from OpenAI's wire format, as data. See docs/servers.md for each in words."""

    # ---- fields of the request
    drops: tuple[str, ...] = ()
    """Fields that the server refuses: left out."""
    renames: tuple[tuple[str, str], ...] = ()
    """(field, the server's name for it)."""
    clamps: tuple[tuple[str, float, float], ...] = ()
    """(number field, lowest, highest)."""
    defaults: Settings = ()
    """Fields that are set when the caller gives none."""
    token_field: str = ""
    """The one of `max_tokens` and `max_completion_tokens` that is taken; "" when both are."""
    stream_options: bool = True
    """Whether `stream_options` is taken; False: left out (the usage may be missing then)."""
    excludes: tuple[tuple[str, str], ...] = ()
    """Pairs of FEATURES that the server refuses in one request: BadUsage before anything is sent, because either
    could only be left out by changing what was asked."""
    response_formats: tuple[str, ...] = ("json_object", "json_schema")
    """The types of `response_format` that are honoured. For structured output and for people: a request is left as it
    is, since another format would be another meaning."""
    moves: tuple[tuple[str, str], ...] = ()
    """(field, path with dots): fields that belong into an object, where the server understands them."""
    transforms_plugin: str = ""
    """The plugin that stands for `transforms: ["middle-out"]`: an entry of `plugins` is sent instead; "": sent as it
    is."""
    format_switch: str = ""
    """The path of a switch that is turned on where a `response_format` other than text is asked for and the caller says
    nothing of it, because the format may be passed over otherwise; "": none."""
    ignores: tuple[str, ...] = ()
    """Fields that are taken and silently do nothing. For people: sent all the same."""
    # ---- tools
    tool_drops: tuple[str, ...] = ()
    """Fields of `tools[].function` that are refused, such as `strict`."""
    tool_choices: tuple[tuple[str, str], ...] = ()
    """(OpenAI's word for `tool_choice`, the server's word)."""
    named_tool_choice: bool = True
    """Whether `tool_choice` may be an object that names a function. False: that tool is sent alone, with the word for
    "required", which forces the same call."""
    # ---- messages
    message_fields: tuple[str, ...] = ()
    """The only fields that a message may have, beside those in which reasoning goes back; () for any."""
    message_drops: tuple[str, ...] = ()
    """Fields of messages that are refused."""
    name_roles: tuple[str, ...] | None = None
    """The roles whose messages may have a `name`; None for any."""
    roles: tuple[tuple[str, str], ...] = ()
    """(role, the role that is sent instead)."""
    flat_content: bool = False
    """Whether a `content` list that holds text parts only is sent as one string."""
    single_system: bool = False
    """Whether there may be only one system message, at the start: several are joined there."""
    empty_tool_calls: bool = True
    """Whether `tool_calls: []` is taken in a message; False: the empty list is left out."""
    null_function_call: bool = True
    """Whether `function_call: null` is taken in a message; False: it is left out."""
    audio_data_uri: bool = False
    """Whether `input_audio.data` must be a data URI instead of plain base64."""
    image_urls: bool = True
    """Whether an image may be an http(s) URL; False: BadUsage, as the bytes must be in the request."""
    # ---- reasoning
    reasoning_field: str = ""
    """The field of an assistant message in which reasoning goes back."""
    reasoning_also: tuple[str, ...] = ()
    """Further REASONING_CARRIERS that go back as they came."""
    reasoning_echo: str = "same"
    """When it goes back. "same": everything as it came. "own": what stands in `reasoning_field` goes back, what
    other servers' answers carry is left out. "never": all left out. "tools": put into `reasoning_field`, wherever it
    came from, on messages with tool calls; "always": on every message that has reasoning. `reasoning_also` goes back
    as it came in each case."""
    reasoning_tags: tuple[str, ...] = ()
    """Beginnings of the names of models that get it back in `content`, between <think> tags; ("",) for all."""
    reasoning_blank: str | None = None
    """What stands in `reasoning_field` of a message with tool calls that came without reasoning, where such messages
    are refused without it: "" (DeepSeek), " " (Moonshot, which takes "" for missing); None: nothing."""
    effort: tuple[tuple[str, Settings], ...] = ()
    """(level of `reasoning_effort`, what is set instead); () when it is taken as it is. Where the list is not empty a
    level that is not in it is sent as it is; nothing to set means that the field is left out."""
    budget: Settings = ()
    """What a `reasoning_budget` sets; () to send the nearest effort instead."""
    budget_range: tuple[int, int] | None = None
    """The least and the greatest budget in tokens."""
    # ---- embeddings and further
    base64_embeddings: bool | None = None
    """Whether `encoding_format: "base64"` is taken by embeddings; None: not known, so it is tried."""
    family_facts: bool = False
    """Whether requests reach the maker's own model as they are, so that what its family wants (`franca.facts`) holds.
    Routers translate for themselves."""
    oddities: tuple[str, ...] = ()
    """What is odd about the answers, in words: franca reads all of it, nothing is done about it."""


NO_QUIRKS = Quirks()


class Form(NamedTuple):
    """One form of a server's address, with fields in braces: "{endpoint}/openai/v1"."""

    base_url: str
    models: str = "models"
    """The list of models, as in `Server.models`; may hold fields too."""
    defaults: tuple[tuple[str, str], ...] = ()
    """Values of fields that need not be given."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The fields that have no default, in their order."""
        known = dict(self.defaults)
        names = [piece.partition("}")[0] for piece in (self.base_url + self.models).split("{")[1:]]
        return tuple(name for name in dict.fromkeys(names) if name not in known)


class Server(NamedTuple):
    """One server: where it is, how it knows its callers, and how it wants to be asked."""

    name: str
    base_url: str
    """"" when every user has an address of their own: see `forms`."""
    key_vars: tuple[str, ...] = ()
    """Environment variables that may hold the key, first found wins."""
    url_vars: tuple[str, ...] = ()
    """Environment variables that may hold another base URL."""
    host_vars: tuple[str, ...] = ()
    """Environment variables that may hold another host, HOST or HOST:PORT, where `url_vars` hold nothing."""
    auth: str = "bearer"
    """"bearer", "api-key" (the header of that name) or "none": no key is asked for and none is taken from the
    environment. One that the caller gives all the same is sent as bearer, as a proxy before the server may want it."""
    needs_key: bool = True
    hosts: tuple[str, ...] = ()
    """Further hosts that are this server; one with a leading dot stands for all below it."""
    forms: tuple[Form, ...] = ()
    """Forms of the address that are made of fields; the first whose fields are all given is used."""
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(field of the forms, environment variables that may hold it)."""
    token_vars: tuple[str, ...] = ()
    """Environment variables that may hold a bearer token to use instead of a key."""
    models: str = "models"
    """The list of models, resolved against the base URL and a slash: "../catalog/models" is beside it; "" when the
    server has none."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that every request has."""
    quirks: Quirks = NO_QUIRKS
    label: str = ""
    """The name for people."""
    note: str = ""
    checked: str = "2026-11"
    """When the row was last held against its source."""
    source: str = ""
    like: str = ""
    """The row of the table that one of another name started from: what is known by that name holds for it too."""

    @property
    def kind(self) -> str:
        """The name by which other tables know it: that of the row that it started from, else its own."""
        return self.like or self.name

    def at(self, base_url: str) -> Server:
        """The same server at another address."""
        return self._replace(base_url=base_url)

    def placed(self, given: Mapping[str, str]) -> Server | None:
        """The row at the address that these fields make; None when no form has all that it needs.

        A field that is given counts more: of the forms that can be filled, the first in the row's order is used.
        """
        for form in self.forms:
            if all(given.get(name) for name in form.needs):
                values = {**dict(form.defaults), **{name: value.rstrip("/") for name, value in given.items() if value}}
                return self._replace(base_url=_filled(form.base_url, values), models=_filled(form.models, values))
        return None


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def check_name(name: object) -> None:
    """Raises BadUsage for what cannot be a server's name: it must never look like an address."""
    plain = name.replace("-", "").replace("_", "") if isinstance(name, str) else ""
    if not (isinstance(name, str) and plain.isascii() and plain.isalnum() and name == name.lower()):
        raise BadUsage(f"a server's name is lower-case letters, digits, '-' and '_', not {name!r}")
