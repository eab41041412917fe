"""The simulator's scenarios, played to any client in any language: who handles what.

A client takes part through a program that speaks JSON lines on its standard input and output (`protocol`);
`examine` starts it, asks it to make every call, and judges what it says came of it.
"""

from __future__ import annotations

from .claims import GROUPS, claims_of
from .examine import Examined, examine
from .judge import Verdict
from .program import Program
from .protocol import PROTOCOL

__all__ = ["GROUPS", "PROTOCOL", "Examined", "Program", "Verdict", "claims_of", "examine"]
