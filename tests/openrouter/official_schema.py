"""The request objects of the official `openrouter` package, in the compact form of published.txt, as JSON.

Run by that package's own Python, which has pydantic and none of this project:

    .venv-conform-openrouter/bin/python tests/openrouter/official_schema.py          # JSON, for the test
    .venv-conform-openrouter/bin/python tests/openrouter/official_schema.py --text   # the lines of published.txt
"""

from __future__ import annotations

import json
import re
import sys

ROOTS = (
    "ChatRequest",
    "CreateEmbeddingsRequestBody",
    "CreateRerankRequestBody",
    "ImageGenerationRequest",
    "SpeechRequest",
    "STTRequest",
    "CreateKeysRequestBody",
    "UpdateKeysRequestBody",
    "CreateAuthKeysCodeRequestBody",
    "ExchangeAuthCodeForAPIKeyRequestBody",
    "SubmitGenerationFeedbackRequest",
)


class Definitions:
    """JSON schemas by name, and each as fields in the compact form."""

    def __init__(self, schemas):
        self.schemas = schemas

    def fields(self, name):
        """{field: type}; `!` after a field that must be there, `*` for all others."""
        schema = self.schemas[name]
        if name.endswith("Options") and "openai" in schema.get("properties", ()):
            return {"*": "{any}"}  # one for each provider, all alike
        needed = set(schema.get("required", ()))
        found = {
            field + ("!" if field in needed else ""): self.type(one)
            for field, one in schema.get("properties", {}).items()
        }
        if schema.get("additionalProperties"):
            found["*"] = self.type(schema["additionalProperties"])
        return found

    def type(self, schema):
        """The alternatives, and `?` where null is one. Words that may also be any text (words to come) are words."""
        found, nullable = self.alternatives(schema)
        words = [one[1:] for one in found if one.startswith("=")]
        rest = {one for one in found if not one.startswith("=")}
        if words:
            rest.discard("string")
            text = "/".join(words)
            rest.add("string" if "/AkashML/" in text else "=" + text)  # names of providers: a text
        if "number" in rest:
            rest.discard("integer")
        return " | ".join(sorted(rest)) + ("?" if nullable else "")

    def alternatives(self, schema):
        if schema is True or not schema:
            return ["any"], False
        if "$ref" in schema:
            return self.referred(schema["$ref"].rpartition("/")[2])
        if "const" in schema:
            return [f"={schema['const']}"], False
        if "enum" in schema:
            return ["=" + "/".join(map(str, schema["enum"]))], False
        for key in ("anyOf", "oneOf"):
            if key in schema:
                parts = [self.alternatives(one) for one in schema[key]]
                return [one for found, _ in parts for one in found], any(nullable for _, nullable in parts)
        kind = schema.get("type", "any")
        if kind == "null":  # pydantic's way of saying that a field may be left out: null itself has a type of its own
            return [], False
        if kind == "array":
            return [f"[{self.type(schema.get('items', {}))}]"], False
        if kind == "object":
            return ["{" + self.type(schema.get("additionalProperties", True)) + "}"], False
        return [kind], False

    def referred(self, name):
        schema = self.schemas[name]
        if name == "Unset" or name.startswith("Unknown"):
            return [], False
        if schema.get("type") == "object":
            return [f"@{name}"], False
        found, nullable = self.alternatives(schema)
        return found, nullable or name.startswith("Nullable_")


def reachable(root):
    """{name: fields} of a request and of all that it is made of."""
    from openrouter import components, operations
    from pydantic import TypeAdapter

    kind = getattr(components, root, None) or getattr(operations, root)
    schema = TypeAdapter(kind).json_schema(mode="validation")
    definitions = Definitions({**schema.pop("$defs", {}), root: schema})
    found, waiting = {}, [root]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = definitions.fields(name)
            waiting += [one for text in found[name].values() for one in re.findall(r"@(\w+)", text)]
    return found


def main():
    found = {}
    for root in ROOTS:
        for name, fields in reachable(root).items():
            if found.setdefault(name, fields) != fields:
                raise SystemExit(f"two objects are called {name}")
    if "--text" not in sys.argv:
        print(json.dumps(found))
        return
    for name, fields in found.items():
        print(f"\n{name}")
        for field, kind in fields.items():
            print(f"  {field}  {kind}")


if __name__ == "__main__":
    main()
