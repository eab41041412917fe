"""What a caller asks for, and the bytes of it that each server is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ...adapt import adapted
from ...heal import MOST, Remedy, applied, recalled, remedy
from ...wire import codec
from ...wire.told import Change
from ..body import Fields, encoded, value_of
from ..endpoints import Endpoint
from ..multipart import Form, with_model
from ..problem import Problem

if TYPE_CHECKING:
    from ...errors import StatusError
    from .upstream import Upstream

__all__ = ["Ask", "Draft"]

_INCLUDE = msgspec.Raw(b'{"include_usage":true}')


class Ask:
    """A request for a model: its endpoint, and its JSON fields as they came but for `model` and `stream`, which are put
    first again when it is sent. A multipart form has a `form` instead of fields.

    `hides_usage`: the caller did not ask for the usage of a stream, so the event that is only for it is kept from them.
    """

    __slots__ = ("_whole", "endpoint", "fields", "form", "form_type", "hides_usage", "stream")

    def __init__(self, endpoint: Endpoint, fields: Fields, stream: bool, form: Form | None = None) -> None:
        self.endpoint = endpoint
        self.fields = fields
        self.stream = stream
        self.form = form
        self.form_type = ""
        """The content type of the form, with its boundary."""
        self.hides_usage = False
        self._whole: dict[str, Any] | None = None
        fields.pop("model", None)
        fields.pop("stream", None)
        if stream and endpoint.counts:
            self._ask_for_usage()

    def _ask_for_usage(self) -> None:
        given = value_of(self.fields, "stream_options")
        if given is None:
            self.fields["stream_options"] = _INCLUDE
        elif not isinstance(given, dict):
            raise Problem(400, "stream_options must be an object", "bad_type", param="stream_options")
        elif given.get("include_usage") is True:
            return
        else:
            self.fields["stream_options"] = {**given, "include_usage": True}
        self.hides_usage = True

    def whole(self, model: str) -> dict[str, Any]:
        """The body as a dict, for this model. The caller must not change it."""
        if self._whole is None:
            self._whole = {name: value_of(self.fields, name) for name in self.fields}
        head: dict[str, Any] = {"model": model}
        if self.stream:
            head["stream"] = True
        return head | self._whole


class Draft:
    """The request as one server is to get it: adapted by its row and by what it refused before, and mended when it
    refuses a field now. `changes` are told to the caller."""

    __slots__ = ("_ask", "_body", "_model", "_upstream", "_used", "changes", "data")

    def __init__(self, ask: Ask, upstream: Upstream, model: str) -> None:
        self._ask = ask
        self._upstream = upstream
        self._model = model
        self._body: dict[str, Any] | None = None
        self._used: list[Remedy] = []
        self.changes: tuple[Change, ...] = ()
        session = upstream.lanes[0].session
        memory = session.shared.memory
        learnt = () if memory is None else memory.recall(session.target.base_url, model, session.wall())
        if ask.form is not None:
            self.data = with_model(ask.form, model)
            return
        if not ask.endpoint.adapts or (upstream.plain and not learnt and "reasoning_budget" not in ask.fields):
            head = {"model": model, "stream": True} if ask.stream else {"model": model}
            self.data = encoded(head | ask.fields)
            return
        body, changes = adapted(ask.whole(model), upstream.row, model)
        body, more = recalled(body, learnt)
        self._take(body, (*changes, *more))

    def mend(self, error: StatusError) -> bool:
        """Whether the refusal names a field that may be changed; then `data` is the request to send instead."""
        session = self._upstream.lanes[0].session
        if not self._ask.endpoint.adapts or not session.heals or len(self._used) >= MOST:
            return False
        body = self._ask.whole(self._model) if self._body is None else self._body
        found = remedy(error, body, done=self._used)
        mended = None if found is None else applied(body, found)
        if found is None or mended is None:
            return False
        self._used.append(found)
        self._take(mended[0], (*self.changes, mended[1]))
        return True

    def helped(self) -> None:
        """The server took the request as it is now: remember why."""
        if self._used:
            self._upstream.lanes[0].session.learn(self._model, self._used)

    def _take(self, body: dict[str, Any], changes: tuple[Change, ...]) -> None:
        self._body = body
        self.changes = tuple(one for one in changes if one.field != "stream_options" or not self._ask.hides_usage)
        self.data = codec.encode_body(body)
