"""Telling a model what to write: a schema as text (`render`), and the instructions around it (`instructions`)."""

from __future__ import annotations

__all__: list[str] = []
