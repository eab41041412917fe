"""Serves a tiny model with the real llama.cpp server, in a process of its own.

    python serve_llama.py '{"variant": "words", "folder": ..., "api_key": ..., "context": 4096, "slots": 2}'

Prints the URL of the server on the first line of standard output and serves until standard input ends, so that it
cannot outlive the process that started it, however that ended. Native code that crashes takes this process down,
not the tests.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tinymodel import cached_model


def main() -> None:
    settings = json.loads(sys.argv[1])
    model = cached_model(settings["variant"], Path(settings["folder"]))

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {settings.get("alias", "tiny")}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["api_key"]]
    params.n_ctx = settings.get("context", 4096)
    params.n_parallel = settings.get("slots", 2)
    # The machine has few cores and the model is tiny: more threads would only wait for each other.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.endpoint_slots = params.endpoint_metrics = True
    params.warmup = False
    # Without Jinja it takes no tools, and lets a schema pass that it cannot enforce.
    params.use_jinja = settings.get("jinja", True)
    params.chat_template = settings.get("template", "")
    if settings.get("embedding"):
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)

    print(server.listening_address, flush=True)
    sys.stdin.read()
    # The server's threads may be in the middle of an answer; nobody is left to read it.
    os._exit(0)


if __name__ == "__main__":
    main()
