"""Probes of streamed answers: how they are built, how they end, what they count, how fast they come."""

from __future__ import annotations

from typing import Any

from .finding import Found, Undecided, found
from .seen import Seen
from .visit import Visit, short

__all__ = ["equal", "speed", "stream", "usage"]

_COUNT = {"role": "user", "content": "Count from one to thirty, in words."}
_ENOUGH = 8  # tokens, below which a rate is mostly noise
_AT_ONCE = 0.005  # seconds


def stream(visit: Visit) -> Found:
    """How a stream is built, and whether it says that it is complete."""
    seen = _streamed(visit)
    if not seen.streamed:
        kind = (seen.headers.get("content-type") or "no content type").partition(";")[0]
        return found("no", f"answered at once, as {kind}", ignores=("stream",))
    if seen.cut:
        return found("no", f"the stream broke off: {seen.cut}")
    events = [data for _, _, data in seen.events if data != "[DONE]"]
    details = [f"{len(events)} events"]
    kind = (seen.headers.get("content-type") or "no content type").partition(";")[0]
    if kind != "text/event-stream":
        details.append(f"sent as {kind}")
    missing = [] if seen.finish else ["a finish reason"]
    missing += [] if seen.done else ["[DONE]"]
    details += [f"without {' and '.join(missing)}"] if missing else [f"finish reason {seen.finish}, [DONE]"]
    if seen.comments:
        details.append(f"{seen.comments} comment lines")
    if events and isinstance(events[0], dict) and events[0].get("choices") == []:
        details.append("the first has no choices")
    oddities = tuple(f"Streams end without {what}." for what in missing)
    return found("partial" if missing else "ok", ", ".join(details), **({"oddities": oddities} if missing else {}))


def _streamed(visit: Visit) -> Seen:
    seen = visit.once("stream", lambda: visit.stream("a stream"))
    if not 200 <= seen.status < 300 or seen.fault:
        raise Undecided(f"the stream was answered {short(seen)}")
    return seen


def usage(visit: Visit) -> Found:
    """Where the token counts of a stream are, with `stream_options` and without."""
    unasked = _streamed(visit)
    if not unasked.streamed:
        raise Undecided("the server does not stream")
    seen = visit.stream("stream with include_usage", stream_options={"include_usage": True})
    without = f"unasked: {_usage_place(unasked) or 'none'}"
    if seen.cut:
        raise Undecided(f"the stream broke off: {seen.cut}")
    if not seen.good:
        return found("no", f"stream_options is refused: {short(seen)}; {without}", stream_options=False)
    if not seen.streamed:
        raise Undecided("with stream_options the server does not stream")
    place = _usage_place(seen)
    if place:
        return found("ok", f"asked: {place}; {without}")
    return found("no", f"stream_options is taken, but no counts come; {without}", ignores=("stream_options",))


def _usage_place(seen: Seen) -> str:
    events: list[dict[str, Any]] = [data for _, _, data in seen.events if isinstance(data, dict)]
    having = [data for data in events if isinstance(data.get("usage"), dict)]
    if not having:
        return ""
    if len(having) > 1:
        return "on every event" if len(having) == len(events) else f"on {len(having)} of {len(events)} events"
    choices = having[0].get("choices")
    if not choices:
        return "on an event of its own"
    if choices[0].get("finish_reason"):
        return "on the event with the finish reason"
    return "on an event with text" if _writes(having[0]) else "on an event of its own, with an empty choice"


def equal(visit: Visit) -> Found:
    """Whether a stream says what the plain answer to the same request says."""
    first, second = visit.steady()
    seen = visit.stream("the same, streamed", **visit.memory["cold"])
    if not seen.good or not seen.streamed:
        raise Undecided(f"no stream to compare: {short(seen)}")
    if not first.text and not seen.text:
        raise Undecided("both have no text")
    if seen.text == first.text:
        return found("ok", f"the same text of {len(seen.text):,} characters")
    if first.text != second.text:
        return found("unknown", "two plain answers differ as well")
    if seen.text.strip() == first.text.strip():
        return found("partial", "the same text but for spaces at its ends")
    return found("partial", "another text than two equal plain answers")


def speed(visit: Visit) -> Found:
    """How long until the first token, and how many come in a second after it."""
    seen, times = _timed(visit)
    if _counted(seen, times) >= _ENOUGH and times[-1] - times[0] < _AT_ONCE:
        # It may be this machine that was busy and read late what had come in time.
        seen, times = _timed(visit)
    first, last, made = times[0], times[-1], _counted(seen, times)
    fact = f"first token after {_time(first)}"
    if made < _ENOUGH:
        return found("ok", f"{fact}; too few tokens for a rate ({made})")
    if last - first < _AT_ONCE:
        return found("ok", f"{fact}; all at once")
    rate = (made - 1) / (last - first)
    shown = f"{rate:.3g}" if rate < 1000 else f"{rate:,.0f}"
    return found("ok", f"{fact}, then {shown} {'tokens' if seen.count('completion_tokens') else 'events'}/s")


def _timed(visit: Visit) -> tuple[Seen, list[float]]:
    """A stream, and when its pieces of text came."""
    body = {"messages": [_COUNT], **visit.limited(48)}
    seen = visit.stream("a longer stream", **body, stream_options={"include_usage": True})
    if not seen.good:
        seen = visit.stream("a longer stream, uncounted", **body)
    if not seen.good or not seen.streamed:
        raise Undecided(f"no stream to time: {short(seen)}")
    times = [seconds for seconds, _, data in seen.events if isinstance(data, dict) and _writes(data)]
    if not times:
        raise Undecided("the model wrote nothing")
    return seen, times


def _counted(seen: Seen, times: list[float]) -> int:
    told = seen.count("completion_tokens")
    return told if told is not None else len(times)


def _writes(data: dict[str, Any]) -> bool:
    choices = data.get("choices")
    delta = choices[0].get("delta") if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    if not isinstance(delta, dict):
        return False
    return any(value for name, value in delta.items() if name != "role")


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
