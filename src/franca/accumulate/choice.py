"""One choice of a stream: what its deltas say of the message, and the fields beside it.

The rule for each field of a delta is a function in `_RULES`; a field that is not there grows as `merge.grow` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .calls import Calls, Function
from .merge import Text, grow, is_steady, merge, settled

if TYPE_CHECKING:
    from .details import Details

__all__ = ["AnyChoice", "ChatChoice", "ShortWay", "TextChoice"]

ShortWay = tuple[str, dict[str, Any], dict[str, Any], Callable[[str], None]]
"""For a choice like the one just added but for one piece of text: the name of the text's field, the dict that the
piece is put into, the choice that holds this dict, and where the piece then goes."""


class _Choice:
    """The fields beside the text or message: `finish_reason`, `logprobs` and whatever else a server puts there.

    The last non-null value wins, dicts are merged and lists extended: logprobs of either form come in pieces, as do
    vLLM's `token_ids` and Azure's `content_filter_results`. Null stays when nothing else came.
    """

    __slots__ = ("fields", "finished", "index", "rest")

    def __init__(self, index: int) -> None:
        self.index = index
        self.fields: dict[str, Any] = {"finish_reason": None}
        self.finished = False
        """Whether the server gave a reason for the end; "" is none."""
        self.rest: dict[str, Any] | None = None
        """What the last chunk said beside text or message, if saying it again changes nothing."""

    def _add_rest(self, rest: dict[str, Any]) -> None:
        if rest != self.rest:
            for key, value in rest.items():
                if key != "index":
                    self._add_field(key, value)
            self.rest = settled(rest) if is_steady(rest) else None

    def _add_field(self, key: str, value: Any) -> None:
        if key == "finish_reason":
            if value == "" and self.fields[key] is not None:
                return
            self.finished = self.finished or value not in (None, "")
        merge(self.fields, {key: value}, texts=False)


class TextChoice(_Choice):
    """A choice of the legacy completions stream: its text comes in `text`, its reasoning (OpenRouter) beside it."""

    __slots__ = ("_details", "text")

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.text = Text("")
        self._details: Details | None = None

    def add(self, source: dict[str, Any]) -> None:
        rest = source.copy()
        text = rest.pop("text", None)
        self._add_reasoning(rest)
        self._add_rest(rest)
        if isinstance(text, str):
            self.text.pieces.append(text)

    def _add_reasoning(self, rest: dict[str, Any]) -> None:
        """Take the pieces of reasoning out of `rest`; null stays, as of any other field."""
        for key in ("reasoning", "reasoning_content"):
            if isinstance(rest.get(key), str):
                grow(self.fields, key, rest.pop(key))
        if rest.get("reasoning_details"):
            if self._details is None:
                self._details = _no_details()
                self.fields["reasoning_details"] = self._details.items
            self._details.add(rest.pop("reasoning_details"))

    def short_way(self, source: dict[str, Any]) -> ShortWay | None:
        if self.rest is None or "text" not in source:
            return None
        like = {**self.rest, "text": None}
        return "text", like, like, self.text.pieces.append

    def settled(self) -> dict[str, Any]:
        return {"text": self.text.settled(), "index": self.index, "logprobs": None, **settled(self.fields)}


class ChatChoice(_Choice):
    """A choice of a chat stream: a message that grows by deltas."""

    __slots__ = ("_by_delta", "_calls", "_details", "_function_call", "message")

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self._by_delta = False
        self._begin()

    def _begin(self) -> None:
        self.message: dict[str, Any] = {}
        self._calls: Calls | None = None
        self._function_call: Function | None = None
        self._details: Details | None = None

    def add(self, source: dict[str, Any]) -> None:
        rest = source.copy()
        delta = rest.pop("delta", None)
        message = rest.pop("message", None)
        self._add_rest(rest)
        if isinstance(delta, dict) and delta:
            if not self._by_delta:
                self._by_delta = True
                self._begin()
            self._add_delta(delta, rest)
        elif not self._by_delta and isinstance(message, dict):
            # A server that cannot stream and sends its answer as one chunk, or in each chunk the answer so far.
            # (Perplexity sends such a `message` beside every delta: there the deltas say it all.)
            self._begin()
            self._add_delta(message, rest)

    def _add_delta(self, delta: dict[str, Any], rest: dict[str, Any]) -> None:
        for key, value in delta.items():
            if value is None:
                # The message goes back to a server one day, and several refuse nulls there: only content keeps its.
                if key == "content":
                    self.message.setdefault(key, None)
            elif key in _RULES:
                _RULES[key](self, value)
            elif key not in _BESIDE:
                grow(self.message, key, value)
            elif key != "index" and rest.get(key) is None:
                self._add_field(key, value)
                self.rest = None

    def _add_role(self, role: Any) -> None:
        if role and isinstance(role, str):
            self.message.setdefault("role", role)

    def _add_content(self, value: Any) -> None:
        old = self.message.get("content")
        if isinstance(value, str):
            if isinstance(old, Text):
                old.pieces.append(value)
            elif old is None:
                self.message["content"] = Text(value)
            elif value:
                _add_part(old, value)
        elif value and isinstance(value, list | dict):
            if not isinstance(old, list):
                text = old.settled() if old is not None else ""
                old = self.message["content"] = [{"type": "text", "text": Text(text)}] if text else []
            for part in value if isinstance(value, list) else (value,):
                _add_part(old, part)

    def _add_calls(self, fragments: Any) -> None:
        if self._calls is None:
            self._calls = Calls()
        self._calls.add(fragments)

    def _add_function_call(self, fragment: Any) -> None:
        if isinstance(fragment, dict):
            if self._function_call is None:
                self._function_call = Function()
            self._function_call.add(fragment)

    def _add_details(self, details: Any) -> None:
        if self._details is None:
            self._details = _no_details()
            self.message["reasoning_details"] = self._details.items
        self._details.add(details)

    def short_way(self, source: dict[str, Any]) -> ShortWay | None:
        delta = source.get("delta")
        if self.rest is None or not isinstance(delta, dict):
            return None
        given = [key for key, value in delta.items() if value is not None and (key != "role" or type(value) is not str)]
        if len(given) != 1 or type(delta[given[0]]) is not str:
            return None
        text = self.message.get(given[0])
        if type(text) is not Text:
            return None
        box = delta.copy()
        return given[0], box, {**self.rest, "delta": box}, text.pieces.append

    def settled(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": None, **settled(self.message)}
        if self._function_call is not None:
            message["function_call"] = self._function_call.settled()
        if self._calls is not None and (calls := self._calls.settled()):
            message["tool_calls"] = calls
        return {"index": self.index, "message": message, **settled(self.fields)}


def _no_details() -> Details:
    from .details import Details  # OpenRouter's alone: other clients need not load it

    return Details()


def _add_part(parts: list[Any], part: Any, *, nested: bool = False) -> None:
    """Append a part to a content that is a list; a text or thinking part continues one of its type just before it."""
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, dict):
        parts.append(settled(part))
        return
    kind = part.get("type")
    if kind not in ("text", "thinking"):
        parts.append(settled(part))
        return
    last = parts[-1] if parts else None
    if isinstance(last, dict) and _continues(last, kind, part):
        whole = last
    else:
        whole = {}
        parts.append(whole)
    if isinstance(part.get(kind), list) and not nested:
        # Mistral: {"type": "thinking", "thinking": [{"type": "text", "text": "..."}]}
        inner = whole.setdefault(kind, [])
        for piece in part[kind]:
            _add_part(inner, piece, nested=True)
        part = {**part, kind: None}
    merge(whole, part, texts=True)


def _continues(last: dict[str, Any], kind: str, part: dict[str, Any]) -> bool:
    old, new = last.get(kind), part.get(kind)
    same_shape = (isinstance(old, Text) and isinstance(new, str)) or (isinstance(old, list) and isinstance(new, list))
    return last.get("type") == kind and (same_shape or new is None)


AnyChoice = ChatChoice | TextChoice
_BESIDE: Final = frozenset({"content_filter_results", "finish_reason", "index", "logprobs"})
"""Fields of a choice that an Azure OpenAI simulator puts into the delta; in the message they would be nonsense."""
_RULES: Final[dict[str, Callable[[ChatChoice, Any], None]]] = {
    "content": ChatChoice._add_content,
    "function_call": ChatChoice._add_function_call,
    "reasoning_details": ChatChoice._add_details,
    "role": ChatChoice._add_role,
    "tool_calls": ChatChoice._add_calls,
}
