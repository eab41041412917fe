"""What an answer is made of while it is being played: the vocabulary between models, scenarios and connections.

An answer is bytes (one write, done), or an iterator of steps:
    bytes   write them; goes on when the client has taken them
    float   wait so many seconds
    CLOSE   close the connection in good order (FIN), whatever was promised
    RESET   reset the connection (RST)
    HANG    send nothing more; stay until the client leaves
An iterator that just ends leaves the connection open for the next request.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, TypeAlias

__all__ = ["CLOSE", "HANG", "RESET", "Answer", "End", "Step", "Steps"]


class End(enum.Enum):
    """The ways in which a scenario breaks off."""

    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


CLOSE: Final = End.CLOSE
RESET: Final = End.RESET
HANG: Final = End.HANG

Step: TypeAlias = "bytes | float | End"
Steps: TypeAlias = "Iterator[Step]"
Answer: TypeAlias = "bytes | Steps"
