"""What is said of a stream that did not end as it should, out of what had come of it."""

from __future__ import annotations

from ..errors import FrancaError, StreamBroken
from ..faults import Origin, error_from_object, find_error
from ..wire import codec
from ..wire.headers import Headers
from ..wire.response import excerpt

__all__ = ["broken", "eventless", "events_counted", "too_slow"]


def broken(head: bytes, text: str) -> StreamBroken:
    """The error of a stream that broke off; `head` is the beginning of a body in which no event was found."""
    return StreamBroken(text, body=head.decode("utf-8", "replace"))


def eventless(head: bytes, headers: Headers, origin: Origin, now: float, error: FrancaError | None) -> FrancaError:
    """Why a body without any event is no stream: JSON sent under another name, a page, nothing."""
    if error is None and head.lstrip()[:1] in (b"{", b"["):
        try:
            payload = codec.decode_json(head)
        except ValueError:
            payload = None
        found = find_error(payload)
        if found is not None:
            return error_from_object(found, headers, origin, now=now)
    said = excerpt(head)
    if not said:
        how = "is empty" if error is None else f"broke off before its first event ({error.message})"
        return broken(head, f"the stream {how}")
    kind = (headers.get("content-type") or "no content type").partition(";")[0]
    return broken(head, f"the answer ({kind}) holds no event of a stream: {said}")


def too_slow(phase: str, count: int, idle: float | None) -> str:
    """What a time limit that ran out means for a stream of which `count` events had come."""
    if phase == "answer":
        return "no event of the stream came in time"
    if phase == "deadline":
        return f"the deadline of the call passed after {events_counted(count)}"
    return f"the stream fell silent after {events_counted(count)}: nothing for {idle:g} s"


def events_counted(count: int) -> str:
    """ "1 event", "2 events"."""
    return "1 event" if count == 1 else f"{count} events"
