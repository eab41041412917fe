"""Gradio's ChatInterface before the server of `page_model.py`: python page_gradio.py MODEL_PORT PORT (in an environment
that has gradio)."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import gradio


def answer(message: str, history: list[Any]) -> Iterator[str]:
    """What Gradio wants of a stream: the whole answer so far, again and again."""
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": message}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{sys.argv[1]}/v1/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    text = ""
    with urllib.request.urlopen(request) as reply:
        for line in reply:
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                piece = choices[0]["delta"].get("content") if choices else None
                if piece:
                    text += piece
                    yield text


gradio.ChatInterface(answer).launch(server_name="127.0.0.1", server_port=int(sys.argv[2]), quiet=True)
