"""What providers' native JSON-Schema modes take: a check, and a transform with the way back."""

from __future__ import annotations

from .accept import Refusal, ignored, refusals
from .profiles import PROFILES, Limits, Profile, profile_for
from .transform import Note, Strict, strict_schema

__all__ = [
    "PROFILES",
    "Limits",
    "Note",
    "Profile",
    "Refusal",
    "Strict",
    "ignored",
    "profile_for",
    "refusals",
    "strict_schema",
]
