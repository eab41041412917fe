"""llm with models of one's own, as its documentation tells: `extra-openai-models.yaml` and `keys.json` in its folder.

Its command does what it can do alone (chat, stream, schema); its Python interface runs the loop of tools. It neither
lists the models of a server nor embeds by one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

_FOLDER = tempfile.TemporaryDirectory(prefix="franca-llm-")
os.environ["LLM_USER_PATH"] = _FOLDER.name

import llm  # noqa: E402  (it reads its folder's name when it is imported)
from person import Person  # noqa: E402
from told import serve  # noqa: E402


def tell_models(question: dict[str, Any], names: list[str]) -> None:
    """Write the two files: the models of a place, and its key."""
    models = [
        {
            "model_id": name,
            "model_name": name,
            "api_base": question["place"]["base_url"],
            "api_key_name": "gateway",
            "supports_schema": True,
            "supports_tools": True,
        }
        for name in names
    ]
    folder = Path(_FOLDER.name)
    (folder / "extra-openai-models.yaml").write_text(json.dumps(models))  # JSON is YAML
    (folder / "keys.json").write_text(json.dumps({"gateway": question["place"]["api_key"]}))


def command(question: dict[str, Any], *further: str) -> str:
    """What the command prints; RuntimeError with what it says when it fails."""
    tell_models(question, [question["model"]])
    for name, value in question.get("params", {}).items():
        further += ("-o", name, str(value))
    if question.get("system"):
        further += ("-s", question["system"])
    asked = [sys.executable, "-m", "llm", "-m", question["model"], "--no-log", *further, question["text"]]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout.rstrip("\n")


def chat(question: dict[str, Any]) -> Any:
    tell_models(question, [question["model"]])
    model = llm.get_model(question["model"])
    response = model.prompt(question["text"], system=question.get("system"), stream=False, **question.get("params", {}))
    text = response.text()
    assert command(question, "--no-stream") == text.rstrip("\n")
    usage = response.usage()
    return {
        "content": text,
        "usage": {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
        },
    }


def stream(question: dict[str, Any]) -> Any:
    """It always asks for the usage of a stream."""
    tell_models(question, [question["model"]])
    response = llm.get_model(question["model"]).prompt(question["text"], **question.get("params", {}))
    pieces = list(response)
    assert command(question) == "".join(pieces).rstrip("\n")
    usage = response.usage()
    counts = {"prompt_tokens": usage.input, "completion_tokens": usage.output}
    return {"pieces": pieces, "usage": [{**counts, "total_tokens": usage.input + usage.output}]}


def _tools(question: dict[str, Any], *, streamed: bool) -> Any:
    tell_models(question, [question["model"]])
    function = question["tool"]["function"]
    seen: list[list[str]] = []
    tool = llm.Tool(
        name=function["name"],
        description=function["description"],
        input_schema=function["parameters"],
        implementation=lambda **given: question["result"],
    )
    chain = llm.get_model(question["model"]).chain(
        question["text"],
        tools=[tool],
        stream=streamed,
        options=question.get("params", {}),
        after_call=lambda tool, call, result: seen.append([call.tool_call_id, call.name, json.dumps(call.arguments)]),
    )
    *_, last = chain.responses()
    return {"calls": seen, "content": last.text()}


def tools(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=False)


def tools_stream(question: dict[str, Any]) -> Any:
    return _tools(question, streamed=True)


def parse(question: dict[str, Any]) -> Any:
    schema = json.dumps(Person.model_json_schema())
    return Person.model_validate_json(command(question, "--no-stream", "--schema", schema)).model_dump()


def parse_stream(question: dict[str, Any]) -> Any:
    tell_models(question, [question["model"]])
    model = llm.get_model(question["model"])
    pieces = list(model.prompt(question["text"], schema=Person, **question.get("params", {})))
    return Person.model_validate_json("".join(pieces)).model_dump()


def together(question: dict[str, Any]) -> Any:
    tell_models(question, sorted({name for name, _ in question["asked"]}))

    def one(asked: list[str]) -> str:
        return llm.get_model(asked[0]).prompt(asked[1], stream=False, **question.get("params", {})).text()

    with ThreadPoolExecutor(len(question["asked"])) as threads:
        return list(threads.map(one, question["asked"]))


TASKS = {one.__name__: one for one in (chat, stream, tools, tools_stream, parse, parse_stream, together)}

if __name__ == "__main__":
    serve("llm", version("llm"), TASKS)
    _FOLDER.cleanup()
