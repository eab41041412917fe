"""JSON Schemas: made from Python types and functions."""

from __future__ import annotations

from .derive import parameters_of, schema_of

__all__ = ["parameters_of", "schema_of"]
