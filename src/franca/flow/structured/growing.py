"""A value while it is written: what a streamed answer says so far, in the form that the caller wants."""

from __future__ import annotations

from typing import Any

from ...errors import OutputInvalid
from ..core import Flow
from .form import Form
from .goal import Goal

__all__ = ["Growing"]


class Growing:
    """Watches the answers of one ladder. It emits each item of a list as soon as it is whole, made an instance of its
    type; of any other value the JSON so far, whenever that has changed. Items that were emitted are never taken back:
    an answer that says something else in the end is none (`agrees`).

    `handed_out`: whether anything was emitted, after which nobody is asked again.
    """

    __slots__ = ("_call", "_form", "_goal", "_last", "_partial", "_sent", "_stuck", "handed_out")

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self._form: Form | None = None
        self._partial: Any = None
        self._sent: list[Any] = []
        self._last: Any = None
        self._stuck = False
        self._call: int | None = None
        self.handed_out = False

    def begin(self, form: Form) -> None:
        """Another answer begins, in this form."""
        from ...schema.parsing.partial import Partial

        self._form = form
        self._partial = Partial(form.schema)
        self._stuck = False
        self._call = None

    def take(self, event: Any) -> Flow[None]:
        """An event of the answer."""
        form = self._form
        assert form is not None, "an answer has begun"
        piece = self._piece(event, form.mode)
        if not piece or self._stuck:
            return
        if not self._partial.feed(piece):
            return
        if self._goal.item is None:
            yield from self._whole(form.growing(self._partial.value))
        else:
            yield from self._items(form)

    def agrees(self, data: Any) -> bool:
        """Whether the whole value begins with the items that were emitted."""
        return self._goal.item is None or data[: len(self._sent)] == self._sent

    def finish(self, data: Any) -> Flow[None]:
        """Emit what is left of the whole value: a text that is not plain JSON may be clear only at its end."""
        if self._goal.item is None:
            yield from self._whole(data)
            return
        for item in data[len(self._sent) :]:
            yield from self._handed(item, self._goal.item_value(item))

    def _whole(self, found: Any) -> Flow[None]:
        if found is not None and (not self.handed_out or found != self._last):
            self._last = found
            self.handed_out = True
            yield ("emit", found)

    def _items(self, form: Form) -> Flow[None]:
        whole = self._partial.items(form.path)
        for number in range(len(self._sent), len(whole)):
            data = form.item(whole[number])
            try:
                value = self._goal.item_value(data)
            except OutputInvalid:
                self._stuck = True  # the end of the answer says what is wrong, and where
                return
            yield from self._handed(data, value)

    def _handed(self, data: Any, value: Any) -> Flow[None]:
        self._sent.append(data)
        self.handed_out = True
        yield ("emit", value)

    def _piece(self, event: Any, mode: str) -> str:
        """The next piece of the text that is to hold the value."""
        if mode != "tool":
            content = event.content
            return content if isinstance(content, str) else ""
        pieces = []
        for call in event.tool_calls:
            if self._call is None:
                self._call = call.index or 0
            if (call.index or 0) == self._call and call.arguments:
                pieces.append(call.arguments)
        return "".join(pieces)
