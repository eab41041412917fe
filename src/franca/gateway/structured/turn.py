"""One answer of a model that may also call the caller's own tools: a call is the caller's affair, a text must fit.

The ladder's mode "tool" has no place here, and a server may refuse tools together with a schema; so the schema goes as
`response_format` where the server is not known to refuse that, else into the prompt alone.
"""

from __future__ import annotations

from typing import Any

from ...errors import FrancaError, OutputInvalid, StatusError, TimedOut
from ...flow.chat import chat
from ...flow.core import Flow
from ...flow.kinds import CHAT
from ...flow.session import Session
from ...flow.structured.cut import ended_early, may_be_whole
from ...flow.structured.form import Form
from ...flow.structured.modes import modes_for, needs_prompt, profile_for
from ...flow.structured.reading import ignored, of_this_schema, refusal_of, refuses_mode, said
from ...flow.structured.request import Manner, asked_again, fields_for, told
from ...flow.structured.result import Attempt
from ...wire.chat import Chat
from .wish import Wish

__all__ = ["Turn"]

_MODES = ("strict", "native", "prompt")
_BESIDE = " beside tools"


class Turn:
    """Asks once by `flow`, and again for a text that does not fit, at most `most` times.

    attempts  every request that was made
    mode      of the answer that was taken
    """

    def __init__(self, session: Session, wish: Wish, model: str, most: int, options: dict[str, Any]) -> None:
        self._session = session
        self._wish = wish
        self._model = model
        self._left = most
        self._options = options
        self._deadline: float | None = None
        if options.get("deadline") is not None:
            self._deadline = session.clock() + options["deadline"]
        self.attempts: list[Attempt] = []
        self.mode = ""

    def flow(self) -> Flow[tuple[Chat, Any]]:
        """The answer, and the validated value; None where it calls tools. Raises OutputInvalid, Flagged, and whatever
        a chat raises."""
        forms = self._forms()
        more: list[dict[str, Any]] = []
        while True:
            form = self._form = forms[0]
            self.mode = form.mode
            try:
                answer = yield from self._asked(form, more)
            except StatusError as error:
                if len(forms) == 1 or not refuses_mode(error, form.mode):
                    raise
                self._note_refusal(form, error)
                forms.pop(0)
                continue
            refusal = refusal_of(answer)
            if refusal is not None:
                self.attempts.append(Attempt(form.mode, answer, refusal))
                raise refusal
            if answer.tool_calls:
                self.attempts.append(Attempt(form.mode, answer))
                return answer, None
            try:
                return answer, self._read(form, answer)
            except OutputInvalid as error:
                failure = error
            self._failed(form, answer, failure)
            more += asked_again(answer, form, failure.problems or [failure.message], answer.content or "")
            if len(forms) > 1 and not ended_early(answer) and ignored(form, said(answer, form.mode, "")):
                self._session.note_mode(self._model, form.mode, "ignored")
                forms.pop(0)

    def _forms(self) -> list[Form]:
        session, goal = self._session, self._wish.goal
        row = session.target.row
        known = modes_for(session, self._model)
        both = {frozenset(pair) for pair in row.quirks.excludes} if row is not None else set()
        made = []
        for mode in _MODES:
            if mode != "prompt" and (mode not in known or frozenset({"tools", "json_schema"}) in both):
                continue
            if any(session.refuses_schema(self._model, mode + _BESIDE, key) for key in (b"", goal.key)):
                continue
            form = goal.form(mode, profile_for(row, self._model))
            if form is not None:
                made.append(form)
        return made

    def _asked(self, form: Form, more: list[dict[str, Any]]) -> Flow[Chat]:
        wish = self._wish
        messages: list[Any] = wish.messages
        if needs_prompt(self._session.target.row, form.mode, self._model):
            messages = told(messages, form, Manner())
        given = {**wish.given, **wish.tools, **fields_for(form, wish.goal.name), **self._options}
        if self._deadline is not None:
            given["deadline"] = self._deadline - self._session.clock()
            if given["deadline"] <= 0:
                name = self._session.target.name
                raise TimedOut("the deadline passed between two attempts", phase="deadline", server=name)

        def deals(error: FrancaError) -> bool:
            return refuses_mode(error, form.mode)

        try:
            answer: Chat = yield from chat(
                self._session, [*messages, *more], self._model, wish.extra, given, CHAT, ("format",), deals
            )
        except FrancaError as error:
            partial = error.partial if isinstance(error.partial, Chat) else None
            self.attempts.append(Attempt(form.mode, partial, error))
            raise
        self._left -= 1
        return answer

    def _read(self, form: Form, answer: Chat) -> Any:
        text = answer.content or ""
        reading = form.read(text)
        if not may_be_whole(answer, reading):
            raise OutputInvalid("the answer was cut off", text=text, problems=["the answer ends in the middle"])
        self.attempts.append(Attempt(form.mode, answer, repairs=reading.repairs))
        return reading.data

    def _failed(self, form: Form, answer: Chat, error: OutputInvalid) -> None:
        """Note the failure. Raises it when nothing more may be asked."""
        error.server, error.model, error.partial = answer.server, answer.model, answer
        error.request_id = answer.request_id
        self.attempts.append(Attempt(form.mode, answer, error, tuple(error.problems)))
        if self._left > 0:
            return
        error.attempts = tuple(self.attempts)
        raise error

    def _note_refusal(self, form: Form, error: StatusError) -> None:
        """Remember it apart from the ladder's own: without tools the server may take the very same."""
        key = self._wish.goal.key if of_this_schema(error) else b""
        self._session.note_schema(self._model, form.mode + _BESIDE, key)
