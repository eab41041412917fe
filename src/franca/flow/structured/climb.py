"""The ladder at one server: ask in the surest mode, read the answer, step down when the server refuses or ignores the
mode, and ask again for what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import BadUsage, FrancaError, OutputCut, OutputInvalid, StatusError, TimedOut
from ...wire.chat import Chat
from ..ask import Ask, split_options
from ..chat import chat, open_chat
from ..core import Flow
from ..played import played
from ..session import Session
from .cut import ended_early, joined, may_be_whole
from .form import Form, Reading
from .modes import modes_for, needs_prompt, profile_for
from .reading import Said, failed_generation, ignored, of_this_schema, refusal_of, refuses_mode, said
from .request import asked_again, asked_on, fields_for, told
from .result import Attempt, Structured

if TYPE_CHECKING:
    from ..trip import Journey
    from .ladder import Ladder

__all__ = ["Climb"]

_KEEPS = ("format",)  # a refused response_format is a step down here, not to be mended in silence


class Climb:
    """One climb, asked for once by `flow`."""

    def __init__(self, ladder: Ladder, place: Session, ask: Ask, journey: Journey | None) -> None:
        self._ladder = ladder
        self._place = place.varied({})
        self._place.fallbacks = ()  # another server is another ladder
        self._ask = ask
        self._journey = journey
        home = ask.home
        row = place.target.row
        self._model = place.model_for(ask.model, optional=home is not None and home.has(row))
        self._goal = ladder.goal
        self._profile = profile_for(row, self._model)
        limits, _ = split_options(place, ask.given)
        assert ladder.began is not None
        self._deadline = None if limits.deadline is None else ladder.began + limits.deadline
        self._left = ladder.settings.attempts
        self._ignored: tuple[str, ...] = ()  # modes that the last answer shows not to be kept to
        self._said: list[dict[str, Any]] = []  # the failed answers, and what was wrong with them
        self._bases: dict[str, list[dict[str, Any]]] = {}

    def flow(self) -> Flow[Structured[Any]]:
        """Down the modes, until a value is there or nothing is left to try."""
        forms = self._forms((yield from self._modes()))
        while True:
            form = forms[0]
            self._ignored = ()
            try:
                answer = yield from self._answer(form)
            except StatusError as error:
                written = failed_generation(error)
                if written is not None:
                    self._note_failure(form, error, written)
                elif refuses_mode(error, form.mode):
                    self._note_refusal(form, error)
                    if len(forms) == 1 or self._ladder.shown:
                        raise
                    self._step_down(forms, (form.mode,))
                    continue
                else:
                    raise
            else:
                found = yield from self._judged(form, answer)
                if found is not None:
                    return found
            self._require_more()
            self._step_down(forms, self._ignored)

    def _step_down(self, forms: list[Form], out: Sequence[str]) -> None:
        """Leave these modes, unless nothing else is left."""
        before = forms[0]
        while len(forms) > 1 and forms[0].mode in out:
            forms.pop(0)
        if forms[0] is not before and any(message.get("role") == "tool" for message in self._said):
            self._said = []  # calls of a tool that is not offered any more

    def _modes(self) -> Flow[tuple[str, ...]]:
        ladder = self._ladder
        if ladder.modes is not None:
            return ladder.modes
        known = None
        if ladder.capable is not None and self._model and self._place.target is ladder.session.target:
            left = self._time_left()
            known = yield from ladder.capable(self._model, {} if left is None else {"deadline": left})
        return modes_for(self._place, self._model, known)

    def _forms(self, modes: Sequence[str]) -> list[Form]:
        """The forms of the modes that can say the schema and the examples, and were not refused for it before."""
        found: list[Form] = []
        why = ""
        for mode in modes:
            form = self._goal.form(mode, self._profile)
            if form is None:
                why = why or self._goal.why
                continue
            if self._ladder.modes is None and self._place.refuses_schema(self._model, mode, self._goal.key):
                continue
            try:
                if self._ladder.manner.examples:
                    self._base(form)
            except BadUsage as error:  # an example that the strict form cannot say
                why = why or error.message
            else:
                found.append(form)
        if not found:
            raise BadUsage(f"mode {modes[0]!r}, by the rules of {self._profile}: {why}", param="mode")
        return found

    # ---- asking -----------------------------------------------------------------------------------

    def _time_left(self) -> float | None:
        if self._deadline is None:
            return None
        left = self._deadline - self._place.clock()
        if left <= 0:
            name = self._place.target.name
            raise TimedOut("the deadline of the call passed between two attempts", phase="deadline", server=name)
        return left

    def _answer(self, form: Form, on: str | None = None) -> Flow[Chat]:
        """One answer in a mode; or, without the mode's own fields, the rest of the text `on`."""
        fields = dict(self._ask.given)
        left = self._time_left()
        if left is not None:
            fields["deadline"] = left
        if on is None:
            messages = [*self._base(form), *self._said]
            fields.update(fields_for(form, self._goal.name))
        else:
            messages = [*told(self._ladder.messages, form, self._ladder.manner), *asked_on(on)]
        try:
            answer = yield from self._asked(form, messages, fields, shown=on is None)
        except FrancaError as error:
            if not isinstance(error, BadUsage):  # nothing was sent
                partial = error.partial if isinstance(error.partial, Chat) else None
                self._ladder.note(Attempt(form.mode, partial, error))
            raise
        if self._journey is not None and self._journey.tried and answer.told is not None:
            answer.told.tried = self._journey.tried
        return answer

    def _asked(self, form: Form, messages: list[Any], fields: Mapping[str, Any], *, shown: bool) -> Flow[Chat]:
        ladder = self._ladder

        def deals(error: FrancaError) -> bool:
            return shown and refuses_mode(error, form.mode)

        given = (self._place, messages, self._ask.model, self._ask.extra, fields, ladder.kind, _KEEPS, deals)
        watch = ladder.watch
        if watch is None:
            whole: Chat = yield from chat(*given)
            return whole
        begun = yield from open_chat(*given)
        ladder.under_way = begun.state.partial
        if shown:
            watch.begin(form)
        streamed: Chat = yield from played(begun, self._place.clock, watch.take if shown else _passed_over)
        ladder.under_way = None
        return streamed

    def _base(self, form: Form) -> list[dict[str, Any]]:
        """The messages of the caller, with the schema in them where nothing else tells it."""
        made = self._bases.get(form.mode)
        if made is None:
            ladder = self._ladder
            tells = ladder.manner.examples or needs_prompt(self._place.target.row, form.mode, self._model)
            made = told(ladder.messages, form, ladder.manner) if tells else ladder.messages
            self._bases[form.mode] = made
        return made

    # ---- judging ----------------------------------------------------------------------------------

    def _judged(self, form: Form, answer: Chat) -> Flow[Structured[Any] | None]:
        """The value of an answer, or None: what is wrong with it is noted, to ask again."""
        self._left -= 1
        self._require_willing(form, answer)
        wrote = said(answer, form.mode, self._goal.name)
        try:
            reading = form.read(wrote.text)
            if not may_be_whole(answer, reading):
                raise OutputCut("the answer was cut off", text=wrote.text, problems=["the answer ends in the middle"])
            return (yield from self._taken(form, answer, reading, wrote))
        except OutputInvalid as error:
            failure = error
        self._failed(form, answer, failure)
        if answer.finish_kind == "length" or (answer.finish_kind is None and isinstance(failure, OutputCut)):
            return (yield from self._continued(form, answer, wrote.text, failure))
        self._ignored = () if ended_early(answer) else ignored(form, wrote)
        self._note(self._ignored, "ignored")
        self._said += asked_again(answer, form, failure.problems or [failure.message], answer.content or "")
        return None

    def _require_willing(self, form: Form, answer: Chat) -> None:
        refusal = refusal_of(answer)
        if refusal is not None:
            self._ladder.note(Attempt(form.mode, answer, refusal))
            raise refusal

    def _taken(self, form: Form, answer: Chat, reading: Reading, wrote: Said | None) -> Flow[Structured[Any]]:
        """The result. `wrote`: what the server may be judged by; None where it wrote a part only."""
        ladder = self._ladder
        value = self._goal.value(reading.data)
        watch = ladder.watch
        if watch is not None and not watch.agrees(reading.data):
            why = "the whole answer does not begin with the items that were handed out"
            raise OutputInvalid(why, text=answer.content or "", problems=[why])
        ladder.note(Attempt(form.mode, answer, repairs=reading.repairs))
        if wrote is not None:
            self._note(ignored(form, wrote), "ignored")
        if watch is not None:
            yield from watch.finish(reading.data)
        return Structured(value, reading.data, answer, form.mode, ladder.attempts)

    def _continued(self, form: Form, answer: Chat, text: str, failure: OutputInvalid) -> Flow[Structured[Any]]:
        """Go on with an answer that was cut, as text, until it is whole. Raises OutputCut when it never is."""
        while text.strip() and self._left > 0 and not self._ladder.spending.over:
            answer = yield from self._answer(form, text)
            self._left -= 1
            self._require_willing(form, answer)
            before = text
            text, reading, problems = joined(form, before, answer.content or "", answer)
            if reading is not None:
                try:
                    return (yield from self._taken(form, answer, reading, None))
                except OutputInvalid as error:
                    problems = error.problems
            failure = OutputInvalid("the answer was cut off", text=text, problems=problems)
            self._failed(form, answer, failure)
            if answer.finish_kind != "length" or text == before:
                break
        reason = f" (finish_reason {answer.finish_reason})" if answer.finish_reason else ""
        raise OutputCut(
            f"the answer was cut off by its limit of tokens{reason}, and could not be completed: "
            "give max_completion_tokens more room, or attempts",
            text=text,
            problems=failure.problems,
            partial=answer,
            server=answer.server,
            model=answer.model,
            request_id=answer.request_id,
        ) from failure

    # ---- what went wrong --------------------------------------------------------------------------

    def _failed(self, form: Form, answer: Chat, error: OutputInvalid) -> None:
        error.server, error.model, error.partial = answer.server, answer.model, answer
        error.request_id = answer.request_id
        self._ladder.note(Attempt(form.mode, answer, error, tuple(error.problems)))

    def _note_failure(self, form: Form, error: StatusError, written: str) -> None:
        """The server itself refused what the model wrote."""
        self._left -= 1
        self._ignored = (form.mode,)  # the next mode leaves the judgement to us
        problems = self._problems(form, written, error)
        failure = OutputInvalid(
            error.message,
            text=written,
            problems=problems,
            partial=error.partial,
            server=error.server,
            model=error.model,
            request_id=error.request_id,
        )
        failure.__cause__ = error
        attempts = self._ladder.attempts
        attempts[-1] = attempts[-1]._replace(error=failure, problems=tuple(problems))
        if written.strip():
            self._said += asked_again(None, form, problems, written)

    def _problems(self, form: Form, written: str, error: StatusError) -> list[str]:
        try:
            form.read(written)
        except OutputInvalid as invalid:
            return invalid.problems or [invalid.message]
        return [error.message]

    def _note_refusal(self, form: Form, error: StatusError) -> None:
        if of_this_schema(error):
            self._place.note_schema(self._model, form.mode, self._goal.key)
        else:
            self._note((form.mode,), "refused")

    def _note(self, modes: Sequence[str], why: str) -> None:
        for mode in modes:
            self._place.note_mode(self._model, mode, why)

    def _require_more(self) -> None:
        """Raise the last failure when nothing more may be asked."""
        ladder = self._ladder
        attempts = ladder.attempts
        if self._left > 0 and not ladder.shown and not ladder.spending.over:
            return
        failure = attempts[-1].error
        assert isinstance(failure, OutputInvalid)  # only after an answer that does not fit is anybody asked again
        number = sum(one.chat is not None or isinstance(one.error, OutputInvalid) for one in attempts)
        answers = f"{number} answer{'s' if number != 1 else ''}"
        failure.message = f"{failure.message} ({answers}, mode {attempts[-1].mode})"
        raise failure


def _passed_over(event: Any) -> Flow[None]:
    """The rest of an answer is shown when it is known to fit."""
    return
    yield
