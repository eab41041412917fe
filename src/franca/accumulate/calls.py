"""The tool calls of one message, put together from their fragments, whatever key the server gives them.

A fragment belongs to the call of its `index` if it has one, else to the call of its `id`, else to the call that is
open. Real servers bend each of these: Ollama sends parallel calls whole, all with index 0; Gemini sends no index;
others repeat id and name in every fragment, send them as null or "", or never send an id.
"""

from __future__ import annotations

from typing import Any

from .merge import grow, settled

__all__ = ["Calls", "Function"]


class Function:
    """A name and the JSON text of its arguments: `function` of a tool call, or the legacy `function_call`."""

    __slots__ = ("_closed", "_depth", "_escaped", "_extra", "_pieces", "_quoted", "_seen", "name")

    def __init__(self) -> None:
        self.name = ""
        self._pieces: list[str] = []
        self._extra: dict[str, Any] = {}
        self._rewind()

    def _rewind(self) -> None:
        self._seen = 0  # pieces that `is_whole` has looked at, and where that left it:
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self._closed = False

    def add(self, fragment: dict[str, Any]) -> None:
        for key, value in fragment.items():
            if key == "arguments":
                self._add_arguments(value)
            elif key == "name":
                self._add_name(value)
            else:
                grow(self._extra, key, value)

    def _add_name(self, name: Any) -> None:
        # A name comes once. The same again is a repetition; another one is its continuation, but only as long
        # as no arguments came: after that it could only garble a name that was already whole.
        if isinstance(name, str) and name != self.name and not (self.name and self._pieces):
            self.name += name

    def _add_arguments(self, arguments: Any) -> None:
        if isinstance(arguments, str):
            if arguments:
                self._pieces.append(arguments)
        elif isinstance(arguments, dict):
            # An object instead of its JSON text (servers near to Ollama's own API): always whole, so it replaces.
            self._pieces = [_dumped(arguments)]
            self._rewind()

    def is_whole(self) -> bool:
        """Whether the arguments so far are one closed JSON object. Each character is looked at once, ever."""
        for piece in self._pieces[self._seen :]:
            for char in piece:
                if self._escaped:
                    self._escaped = False
                elif self._quoted:
                    self._quoted = char != '"'
                    self._escaped = char == "\\"
                elif char == '"':
                    self._quoted = True
                elif char in "{[":
                    self._depth += 1
                elif char in "}]":
                    self._depth -= 1
                    self._closed = char == "}"
        self._seen = len(self._pieces)
        return self._closed and self._depth == 0 and not self._quoted

    def settled(self) -> dict[str, Any]:
        return {"name": self.name, "arguments": "".join(self._pieces), **settled(self._extra)}


def _dumped(arguments: dict[str, Any]) -> str:
    from json import dumps

    try:
        return dumps(arguments, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        # No JSON decoder gives such a dict. The text must not parse, so that nobody runs the call.
        return "(arguments that are no JSON)"


class _Call:
    __slots__ = ("_extra", "_type", "function", "id", "index")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.function: Function | None = None
        self._type = ""
        self._extra: dict[str, Any] = {}

    def add(self, fragment: dict[str, Any]) -> None:
        for key, value in fragment.items():
            if key == "function":
                if isinstance(value, dict):
                    if self.function is None:
                        self.function = Function()
                    self.function.add(value)
            elif key == "id":
                if not self.id and isinstance(value, str):
                    self.id = value
            elif key == "type":
                if value and isinstance(value, str):
                    self._type = value
            elif key != "index":
                grow(self._extra, key, value)

    def is_over(self, name: Any, arguments: Any) -> bool:
        """Whether a fragment with this name and arguments, and without an id, can only be another call's start."""
        if not (name and isinstance(name, str)) or self.function is None or not self.function.is_whole():
            return False
        if isinstance(arguments, str):
            return name != self.function.name or arguments.lstrip().startswith("{")
        return name != self.function.name or isinstance(arguments, dict)

    def settled(self, spare_id: str) -> dict[str, Any]:
        call: dict[str, Any] = {"id": self.id or spare_id, "type": self._type or "function"}
        if self.function is not None or call["type"] == "function":
            call["function"] = (self.function or Function()).settled()
        call.update(settled(self._extra))
        return call


class Calls:
    """The tool calls of one message."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_last")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}  # the call that an index spoke of last
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def add(self, fragments: Any) -> None:
        """Take what a delta has as `tool_calls`; anything but fragments is ignored."""
        for fragment in fragments if isinstance(fragments, list) else (fragments,):
            if isinstance(fragment, dict):
                index = fragment.get("index")
                if type(index) is not int:
                    index = None
                call = self._last = self._call_of(fragment, index)
                call.add(fragment)
                if index is not None:
                    self._by_index[index] = call
                if call.id:
                    self._by_id.setdefault(call.id, call)

    def _call_of(self, fragment: dict[str, Any], index: int | None) -> _Call:
        call_id = fragment.get("id")
        if not isinstance(call_id, str):
            call_id = ""
        call = self._last
        if index is not None:
            call = self._by_index.get(index)
        elif call_id:
            call = self._by_id.get(call_id)
        if call is None:
            return self._opened(index)
        if call_id:
            if call.id and call.id != call_id:  # Ollama: another call under the same index
                return self._by_id.get(call_id) or self._opened(index)
            return call
        function = fragment.get("function")
        if isinstance(function, dict) and call.is_over(function.get("name"), function.get("arguments")):
            return self._opened(index)
        return call

    def _opened(self, index: int | None) -> _Call:
        call = _Call(index)
        self._calls.append(call)
        return call

    def settled(self) -> list[dict[str, Any]]:
        """The calls by index where all have one, else as they first appeared. An id that never came is made up
        from the call's place, so that a tool message can answer the call."""
        calls = self._calls
        if all(call.index is not None for call in calls):
            calls = sorted(calls, key=lambda call: call.index or 0)
        taken = {call.id for call in calls}
        whole = []
        for place, call in enumerate(calls):
            spare = f"call_{place}"
            while not call.id and spare in taken:
                spare += "_"
            taken.add(spare)
            whole.append(call.settled(spare))
        return whole
