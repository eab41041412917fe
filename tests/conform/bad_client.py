"""A client that does everything wrong that a client can do: a program for `franca conform` in its tests.

What it does is chosen by its first argument; it needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import sys
import time

HOW = sys.argv[1]


def say(number, **answer):
    print(json.dumps({"id": number, **answer}), flush=True)


def liar(question):
    """Answers whatever happens, and ends well every time."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    say(question["id"], ok=True, content="Hello, ", finish_reason="stop", usage=usage, ids=["made-up"], vectors=[[0]])


def sulker(question):
    """Raises whatever happens, and shows the key."""
    key = question["api_key"]
    say(question["id"], ok=False, error="Sulk", message=f"no, and your key is {key}", partial="nothing", status=418)


def sleeper(question):
    """Never answers; a program that it started holds its output open."""
    if os.fork() == 0:
        time.sleep(600)
    time.sleep(600)


def dier(question):
    """Says something, and ends."""
    print("my last words", file=sys.stderr, flush=True)
    os._exit(3)


def talker(question):
    """Writes what is no answer, and then nothing more than that it has no such call."""
    print("a line of a library")
    print("[1, 2]")
    say(question["id"] + 1000, ok=True, content="for somebody else")
    say(question["id"], ok=False, unsupported=True)


def flooder(question):
    """Writes a line without end."""
    block = "x" * 1024 * 1024
    while True:
        sys.stdout.write(block)


def main():
    if HOW == "silent-from-the-start":
        return
    for line in sys.stdin:
        question = json.loads(line)
        if question["call"] != "hello":
            globals()[HOW](question)
        elif HOW == "boaster":
            say(0, ok=True, client="boaster", claims=["openai", "everything"])
        else:
            say(0, ok=True, client=HOW, version="1.0", claims=["openai", 5])


main()
