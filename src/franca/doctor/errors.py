"""Probes of errors: how the server says that a request is wrong."""

from __future__ import annotations

from .finding import Found, found
from .seen import Seen, shape_of
from .visit import Visit, short

__all__ = ["bad_field", "bad_json", "error_shape", "ignores_unknown", "unknown_field", "unknown_model"]

_UNHEARD_OF = "franca_doctor"


def bad_field(visit: Visit) -> Found:
    """Whether a field of the wrong type is refused, and named."""
    seen = visit.chat("chat with temperature as text", temperature="hot", **visit.limited(1))
    if seen.good:
        return found("no", 'temperature "hot" is taken')
    if seen.status >= 500:
        return found("no", f"the caller's mistake is told as a fault of the server: {short(seen)}")
    if "temperature" in f"{seen.fault} {seen.json}":
        how = "" if seen.status in (400, 422) else f", with status {seen.status}"
        return found("ok", f"refused, and the field is named{how}: {short(seen)}")
    return found("partial", f"refused, but the field is not named: {short(seen)}")


def unknown_model(visit: Visit) -> Found:
    """What is said of a model that is not there."""
    body = {**visit.tiny(), "model": f"{_UNHEARD_OF}-no-such-model"}
    seen = visit.ask(body, what="chat with a model that does not exist", any_status=True)
    if seen.good:
        return found("no", "any model name is answered", oddities=("Any name of a model is answered.",))
    if seen.status == 404 and not visit.chats() and "model" not in seen.fault.lower():
        return found("unknown", f"{short(seen)}; whether that is about the model cannot be told")
    if seen.status == 404:
        return found("ok", short(seen))
    if 400 <= seen.status < 500 and seen.status not in (401, 429):
        return found("partial", f"not as 404: {short(seen)}")
    if seen.status in (401, 429):
        return found("unknown", short(seen))
    return found("no", f"told as a fault of the server: {short(seen)}")


def bad_json(visit: Visit) -> Found:
    """What is said of a body that is no JSON."""
    seen = visit.ask(b'{"model": "none", "messages": [', what="half a JSON body", any_status=True)
    if seen.good:
        return found("no", "half a JSON body is taken")
    if seen.status in (400, 422):
        return found("ok", short(seen))
    if seen.status in (401, 429):
        return found("unknown", short(seen))
    if seen.status >= 500:
        return found("no", f"told as a fault of the server: {short(seen)}")
    return found("partial", f"not as 400: {short(seen)}")


def error_shape(visit: Visit) -> Found:
    """How the body of an error is built; of all the errors of this examination, if they differ."""
    seen = visit.ask(b'{"model": "none", "messages": [', what="half a JSON body", any_status=True)
    if seen.good:
        return found("unknown", "no error to look at")
    shape = shape_of(seen.json)
    error = seen.json.get("error") if isinstance(seen.json, dict) else None
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        kept = {"message", "type"} <= error.keys()
        # Gateways and frameworks in front of the server answer some errors in its place, and in their own way.
        others = [f"{one} with {code}" for one, code in visit.error_shapes.items() if not one.startswith("error: {")]
        fact = f"{shape}; but {', '.join(others)}" if others else shape
        return found("ok" if kept and not others else "partial", fact)
    return found("no", f"not OpenAI's: {shape}")


def _unheard_of(visit: Visit) -> Seen:
    changes = {f"{_UNHEARD_OF}_field": 1}
    return visit.once("unknown field", lambda: visit.chat("chat with a field that nobody knows", **changes))


def ignores_unknown(visit: Visit) -> bool:
    """Whether a field that nobody knows is taken. Asked once."""
    return _unheard_of(visit).good


def unknown_field(visit: Visit) -> Found:
    """Whether a field that the server does not know is taken."""
    seen = _unheard_of(visit)
    return found("ok", "taken") if seen.good else found("no", f"refused: {short(seen)}")
