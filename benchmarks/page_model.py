"""A model server for `page.py`: it writes Markdown at a fixed pace, whoever asks.

    python page_model.py

Prints its port, and ends with its standard input. A question of the form "TOKENS RATE" is answered with that many
pieces, RATE of them a second (0: at once); anything else with one word. The last piece is END.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import cycle, islice
from time import perf_counter

END = "The-very-end."
_SECTIONS = (
    """## A heading

A paragraph with **strong words**, *others*, `code` and a [link](https://example.com/). It goes on for a while, as
paragraphs of models do, and then it stops.

""",
    """- one point that is made
- another one, with `code` in it
- a third that is **longer** than the two before it

""",
    """```python
def area(width: float, height: float) -> float:
    # what a rectangle covers
    if width < 0 or height < 0:
        raise ValueError("no such rectangle")
    return width * height
```

""",
    """| name | value | remark |
| --- | ---: | --- |
| first | 1 | small |
| second | 22 | larger |
| third | 333 | large |

""",
    """1. First this is done.
2. Then that, with care.
3. At last the rest.

> A thought that somebody else had, and that is worth a quotation.

""",
)


def pieces(count: int) -> list[str]:
    """So many tokens of Markdown, of about four characters each, and the end."""
    text = "".join(islice(cycle(_SECTIONS), count // 40 + 5))
    cut = [text[at : at + 4] for at in range(0, 4 * count, 4)]
    return [*cut, f"\n\n{END}"]


def _event(text: str | None, finish: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode() + b"\n\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(
                (int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")), 0
            )
            body = await reader.readexactly(length)
            if head.startswith(b"GET"):
                data = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data)
                )
                writer.write(data)
            else:
                await _stream(writer, json.loads(body)["messages"][-1]["content"])
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _stream(writer: asyncio.StreamWriter, question: object) -> None:
    words = str(question).split()
    count, rate = (int(words[0]), int(words[1])) if len(words) == 2 and words[0].isdigit() else (1, 0)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    began = perf_counter()
    for number, piece in enumerate(pieces(count)):
        if rate and (wait := began + number / rate - perf_counter()) > 0:
            await asyncio.sleep(wait)
        writer.write(_event(piece))
        await writer.drain()
    usage = {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": count + 5}
    writer.write(_event(None, "stop"))
    writer.write(b"data: " + json.dumps({"id": "c", "choices": [], "usage": usage}).encode() + b"\n\ndata: [DONE]\n\n")
    await writer.drain()
    writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
