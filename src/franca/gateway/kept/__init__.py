"""Answers that outlive the connection of who asked: kept for a while, so that a page that was reloaded, or lost its
network, finds its own again.

A caller asks for it with `x-franca-keep: 1` and says by `x-franca-browser` who may come back. The exchange then runs in
a task of its own (`apart`) and writes into a `KeptAnswer`; the caller's call is the first of its readers.
"""

from __future__ import annotations

from .answer import KeptAnswer, Reader
from .apart import answer_apart
from .desk import PLACE, serve_answer
from .shelf import Shelf

__all__ = ["PLACE", "KeptAnswer", "Reader", "Shelf", "answer_apart", "serve_answer"]
