"""The exceptions of `httpx` and `httpx2` as franca's, told by their class names: neither is imported."""

from __future__ import annotations

from ..errors import BadUsage, ConnectFailed, ConnectionLost, FrancaError, ProtocolError, TimedOut, TransportError

__all__ = ["translate"]

_LIBRARIES = ("httpx", "httpx2", "httpcore", "httpcore2")
# What these libraries say when the other side ended the connection, rather than wrote nonsense.
_CUT = ("disconnected", "closed connection", "incomplete", "ConnectionTerminated", "StreamReset")


def translate(error: BaseException, phase: str, *, began: bool) -> FrancaError | None:
    """The franca error for an exception of the library's; None for one that is not the library's.

    `phase` is what a read was waiting for ("answer", "body" or "idle"); `began` says whether an answer had begun.
    """
    for cls in type(error).__mro__:
        if cls.__module__.split(".")[0] in _LIBRARIES:
            known = _of(cls.__name__, error, phase, began)
            if known is not None:
                return known
    if isinstance(error, RuntimeError) and "client has been closed" in str(error):
        return BadUsage("the httpx client of this transport has been closed")
    return None


def _of(name: str, error: BaseException, phase: str, began: bool) -> FrancaError | None:
    text = str(error) or type(error).__name__
    match name:
        case "ConnectTimeout":
            return TimedOut("no connection in time", phase="connect")
        case "PoolTimeout":
            return TimedOut("no free connection in the client's pool in time", phase="connect")
        case "WriteTimeout":
            return TimedOut("the request could not be sent in time", phase="send")
        case "TimeoutException":
            return TimedOut(f"nothing came in time ({phase})", phase=phase)
        case "ConnectError" | "ProxyError":
            # A wrong certificate and a proxy's refusal stay as they are.
            hopeless = "CERTIFICATE_VERIFY_FAILED" in text or (name == "ProxyError" and text.startswith("4"))
            return ConnectFailed(f"no connection: {text}", retryable=not hopeless)
        case "UnsupportedProtocol" | "InvalidURL":
            return BadUsage(text)
        case "LocalProtocolError":  # its text quotes the header, which may be a key
            return BadUsage("the request is not valid HTTP; a header has a character that is not allowed")
        case "NetworkError" | "StreamError":
            return ConnectionLost(f"the connection broke: {text}", began=began)
        case "RemoteProtocolError":
            if any(words in text for words in _CUT):
                return ConnectionLost(f"the connection ended before the answer did: {text}", began=began)
            return ProtocolError(f"not an HTTP answer: {text}")
        case "DecodingError":
            return ProtocolError(f"the body cannot be decompressed: {text}")
        case "RequestError":
            return TransportError(text)
    return None
