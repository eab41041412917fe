"""What each provider's native JSON-Schema mode takes: the rules and limits as data, each row dated and sourced.

A row says what is *refused* (the request fails with a 400), what is *ignored* (taken, but the answer is not held to it)
and how large a schema may be. `accept.py` checks a schema against a row; `transform.py` makes one that fits it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import BadUsage

__all__ = ["PROFILES", "Limits", "Profile", "profile_for"]


class Limits(NamedTuple):
    """The largest schema that is taken; None where no limit is known.

    properties  declared properties, all objects together
    depth       objects inside objects, counted for the root and for each definition on its own, refs not followed
    enum_values values of all enums together
    characters  of all names of properties and definitions and all enum and const values together
    big_enum    (n, c): an enum with more than n values may have at most c characters
    optional    properties that are not required, in the whole request
    unions      properties whose type is a union (anyOf, or several types), in the whole request
    """

    properties: int | None = None
    depth: int | None = None
    enum_values: int | None = None
    characters: int | None = None
    big_enum: tuple[int, int] | None = None
    optional: int | None = None
    unions: int | None = None


class Profile(NamedTuple):
    """One provider's native mode.

    name           as in `profile_for` and `franca schema check --for`
    title          the provider and the mode, for people
    as_of, source  when the row was true, and where it is from
    root_object    the root must be an object, not an array, scalar, union or ref
    all_required   every property must be required; what is optional is made nullable
    closed         every object must say `additionalProperties: false`
    maps           `additionalProperties` with a schema (or true) works, so a map can stay an object
    untyped        a schema without a type (`{}`) works
    tuples         `prefixItems` works
    refs           "definitions" (`#` and `#/$defs/x` only), "local" (any pointer into the schema) or "none"
    ref_siblings   other keywords may stand beside `$ref`
    recursion      "yes", "no", or "optional": only through a property that is not required
    refused        keywords that are refused wherever they stand
    ignored        keywords that are taken but not enforced
    formats        values of `format` that are taken; None: any
    formats_refused  whether another format is refused (or only not enforced)
    min_items      the values of minItems that are taken; None: any
    pattern        "any", "simple" (no look-around), "plain" (neither look-around, back-references nor \\b) or
                   "anchored" (simple, from ^ to $)
    pattern_alone  `pattern` or `format` and a length together are refused
    integer_bounds minimum and maximum count for integers only
    enums          "any", "scalar", or "text": strings and numbers only
    first_keys     objects of one anyOf must not begin with the same property
    sees_schema    the server shows the schema to the model; otherwise it has to be in the prompt as well
    limits         see `Limits`
    """

    name: str
    title: str
    as_of: str
    source: str
    root_object: bool = False
    all_required: bool = False
    closed: bool = False
    maps: bool = True
    untyped: bool = True
    tuples: bool = False
    refs: str = "definitions"
    ref_siblings: bool = True
    recursion: str = "yes"
    refused: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    formats: frozenset[str] | None = None
    formats_refused: bool = False
    min_items: tuple[int, ...] | None = None
    pattern: str = "any"
    pattern_alone: bool = False
    integer_bounds: bool = False
    enums: str = "any"
    first_keys: bool = False
    sees_schema: bool = True
    limits: Limits = Limits()

    def lost(self, keyword: str) -> bool:
        """Whether a keyword is of no use there: refused or ignored."""
        return keyword in self.refused or keyword in self.ignored


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LOGIC = _set("not if then else dependentRequired dependentSchemas dependencies")
_OBJECTS = _set("patternProperties propertyNames minProperties maxProperties unevaluatedProperties")
_ARRAYS = _set("contains minContains maxContains uniqueItems unevaluatedItems additionalItems")
_LENGTHS = _set("minLength maxLength")
_BOUNDS = _set("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf")
_DYNAMIC = _set("$dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor")
_FORMATS = _set("date-time time date duration email hostname ipv4 ipv6 uuid")

_OPENAI_REFUSED = _LOGIC | _OBJECTS | _ARRAYS | _DYNAMIC | _set("allOf oneOf default prefixItems")
_OPENAI = Profile(
    name="openai",
    title="OpenAI, strict structured outputs and strict tools",
    as_of="2026-11",
    source="developers.openai.com/api/docs/guides/structured-outputs; pydantic-ai 2.68 profiles/openai.py",
    root_object=True,
    all_required=True,
    closed=True,
    maps=False,
    untyped=False,
    ref_siblings=False,
    refused=_OPENAI_REFUSED,
    formats=_FORMATS,
    formats_refused=True,
    pattern="simple",
    enums="scalar",
    limits=Limits(5000, 10, 1000, 120_000, (250, 15_000)),
)
_GRAMMAR = Profile(  # llama.cpp's converter of JSON Schema to GBNF
    name="llamacpp",
    title="llama.cpp server, response_format json_schema",
    as_of="2026-11",
    source="github.com/ggml-org/llama.cpp grammars/README.md",
    refused=_DYNAMIC | _set("prefixItems"),
    ignored=_LOGIC | _OBJECTS | _ARRAYS | _set("multipleOf"),
    formats=_set("date time date-time uuid"),
    pattern="anchored",
    integer_bounds=True,
    sees_schema=False,
)

PROFILES: dict[str, Profile] = {
    row.name: row
    for row in (
        _OPENAI,
        _OPENAI._replace(
            name="azure",
            title="Azure OpenAI, strict structured outputs",
            source="learn.microsoft.com azure/ai-services/openai/how-to/structured-outputs; openai-python#2193",
            refused=_OPENAI_REFUSED | _LENGTHS | _BOUNDS | _set("pattern format minItems maxItems"),
            first_keys=True,
            limits=Limits(100, 5, 500, 15_000, (250, 7_500)),
        ),
        Profile(
            name="anthropic",
            title="Anthropic, output_config.format and strict tools",
            as_of="2026-11",
            source="platform.claude.com/docs/en/build-with-claude/structured-outputs; anthropic SDK transform_schema",
            closed=True,
            maps=False,
            untyped=False,
            ref_siblings=False,
            recursion="no",
            refused=_LOGIC | _OBJECTS | _ARRAYS | _LENGTHS | _BOUNDS | _DYNAMIC | _set("oneOf prefixItems maxItems"),
            formats=_FORMATS | {"uri"},
            formats_refused=True,
            min_items=(0, 1),
            pattern="plain",
            enums="scalar",
            limits=Limits(optional=24, unions=16),
        ),
        Profile(
            name="gemini",
            title="Gemini, responseJsonSchema",
            as_of="2026-11",
            source="GenerationConfig.responseJsonSchema of the Gemini API reference; pydantic-ai profiles/google.py",
            untyped=False,
            tuples=True,
            ref_siblings=False,
            recursion="optional",
            refused=_DYNAMIC | _set("const allOf exclusiveMinimum exclusiveMaximum"),
            ignored=_LOGIC | _OBJECTS | _ARRAYS | _LENGTHS | _set("oneOf pattern multipleOf"),
            formats=_set("date-time date time"),
            enums="text",
        ),
        _OPENAI._replace(
            name="groq",
            title="Groq, json_schema with strict",
            source="console.groq.com/docs/structured-outputs (strict mode; only some models have it)",
            limits=Limits(),
        ),
        Profile(
            name="mistral",
            title="Mistral, json_schema",
            as_of="2026-11",
            source="docs.mistral.ai structured outputs; its SDK closes every object, pydantic-ai inlines every ref",
            closed=True,
            maps=False,
            untyped=False,
            refs="none",
            recursion="no",
            refused=_DYNAMIC,
            ignored=_LOGIC | _OBJECTS | _ARRAYS,
            pattern="simple",
            enums="scalar",
        ),
        Profile(
            name="fireworks",
            title="Fireworks, json_schema",
            as_of="2026-11",
            source="docs.fireworks.ai/structured-responses/structured-response-formatting",
            refs="local",
            refused=_DYNAMIC | _set("oneOf minLength maxLength minItems maxItems pattern"),
            ignored=_LOGIC | _OBJECTS | _ARRAYS | _BOUNDS | _set("format prefixItems"),
            sees_schema=False,
        ),
        Profile(
            name="together",
            title="Together, json_schema",
            as_of="2026-11",
            source="no list of keywords is published; taken as what its open engines share",
            refused=_DYNAMIC,
            ignored=_LOGIC | _OBJECTS | _ARRAYS | _set("prefixItems multipleOf"),
            pattern="simple",
            sees_schema=False,
        ),
        _GRAMMAR._replace(
            name="ollama",
            title="Ollama, format or response_format json_schema",
            source="docs.ollama.com/capabilities/structured-outputs; its engine is llama.cpp's grammar",
        ),
        Profile(
            name="vllm",
            title="vLLM 0.12 and later, json_schema with xgrammar",
            as_of="2026-11",
            source="vllm/v1/structured_output/backend_xgrammar.py",
            tuples=True,
            refs="local",
            refused=_DYNAMIC | _set("multipleOf uniqueItems contains minContains maxContains"),
            ignored=_LOGIC | _OBJECTS | _set("unevaluatedItems additionalItems"),
            formats=_FORMATS | _set("uri uri-reference uri-template json-pointer relative-json-pointer"),
            formats_refused=True,
            pattern="simple",
            pattern_alone=True,
            sees_schema=False,
        ),
        _GRAMMAR,
    )
}


def profile_for(provider: str | Profile) -> Profile:
    """The row of a provider by its name; a row of your own passes through. Raises BadUsage for an unknown name."""
    if isinstance(provider, Profile):
        return provider
    found = PROFILES.get(provider) if isinstance(provider, str) else None
    if found is None:
        raise BadUsage(_unknown(provider))
    return found


def _unknown(provider: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(provider), PROFILES, n=1)
    guess = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(PROFILES)}"
    return f"no native mode is known under the name {provider!r}; {guess}"
