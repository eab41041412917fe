"""Whether a text fits a schema, judged in a process of its own: `python -m franca.gateway.page.judge`.

Schema and text are both a stranger's. A few lines of them can keep the validator busy for minutes, in which no other
thread of its process runs, or overflow its stack, which ends the process: here that is nobody's but its own.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import msgspec

from ...errors import BadUsage

__all__ = ["judged", "main"]

_SECONDS = 2
_MEMORY = 1024 * 1024 * 1024
_MOST_PROBLEMS = 20
_LONGEST_PATH = 1000
_LONGEST_WORDS = 4000


def judged(schema: Any, text: str) -> dict[str, Any]:
    """{"valid": true}, {"valid": false, "problems": [{"path", "message"}]}, or {"error": ...} for a schema that is
    none."""
    from ...schema.arguments import repeated_names
    from ...schema.validate import validator_for

    try:
        validator = validator_for(schema)
    except BadUsage as error:
        return {"error": error.message}
    try:
        value = msgspec.json.decode(text)
        problems = [("", said) for said in repeated_names(text)]
    except (msgspec.DecodeError, UnicodeError) as error:
        return _told([("", f"the text is no JSON: {error}")])
    except RecursionError:
        return _told([("", "the text is nested too deeply")])
    found = problems or [(one.path, _words(one.expected, one.got)) for one in validator.problems(value)]
    return _told(found) if found else {"valid": True}


def _limit() -> None:
    """Bound this process, and let its end leave no file behind: each of them would be as large as its memory."""
    with suppress(ImportError, ValueError, OSError):  # a system that knows no such limits has our caller's patience
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _told(found: list[tuple[str, str]]) -> dict[str, Any]:
    problems = [
        {"path": path[:_LONGEST_PATH], "message": message[:_LONGEST_WORDS]} for path, message in found[:_MOST_PROBLEMS]
    ]
    return {"valid": False, "problems": problems}


def _words(expected: str, got: str) -> str:
    return f"expected {expected}, got {got}" if got else f"expected {expected}"


def main() -> None:
    """Read {"schema", "text"} from standard input, write what `judged` says to standard output."""
    _limit()
    given = msgspec.json.decode(sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgspec.json.encode(judged(given["schema"], given["text"])))


if __name__ == "__main__":
    main()
