"""Examines a server that speaks the Chat Completions format: what it does, what it does not, and how it says so.

A probe is a small function in a table (`PROBES`). It asks over the wire as it is, since a client that adapts, heals or
reads with lenience would hide the very things that are looked for. See docs/doctor.md.
"""

from __future__ import annotations

from .examine import ROOM, Examination, chosen
from .finding import VERDICTS, Evidence, Finding
from .quirks import differences, quirks_of, row_of
from .table import GROUPS, PROBES, Probe

__all__ = [
    "GROUPS",
    "PROBES",
    "ROOM",
    "VERDICTS",
    "Evidence",
    "Examination",
    "Finding",
    "Probe",
    "chosen",
    "differences",
    "quirks_of",
    "row_of",
]
