"""The model `structured`: writes JSON as it is asked to, and, by its variants, in every way that goes wrong.

What it writes, one attempt after another:

- Where the request says the schema (`response_format` json_schema, or the parameters of a tool to be called): an
  instance of it. For the same user message always the same one, however the request goes on.
- What stands behind the mark `answer:` in the user's message, which goes before that: one JSON on a line, up to an
  empty line or the end. The n-th attempt writes the n-th line, and the last one again after that. Lines that are no
  JSON are written as they stand, if another line is. "Who is it?\\nanswer: {"age": 36}\\n{"name": "Ada", "age": 36}"
  is answered first without, then with a name. What a schema that is honoured demands beyond it is added: null for
  what may be null, the object around a list. A text that was written by hand not to fit stays as it is.
- Else, a small object, as the model `json`.

An attempt is asked for by the last user message with the mark, or without one by that before the model's first JSON.
After it, each answer in the conversation, and a user message right behind the first one, counts as a failed attempt.
Asked to go on after an answer that was cut off (by `max_tokens`, or by a variant), it goes on where that stopped. Of
`n` choices, each is the attempt after the one before. `tool_choice` "auto" calls the first tool. Nothing is kept
between requests: tests in parallel do not disturb each other, and a stream is the answer in pieces.

Variants, joined by "+" where several are wanted ("structured:no-schema-groq+second"). What it refuses (see `refusals`
for the words of real servers, which go by the server's name behind the variant: `no-schema-deepseek`):

    no-strict         `strict: true`
    no-schema         json_schema
    no-json-object    json_object
    no-tools          tools
    no-forced-tool    a tool that must be called; "auto" may be
    tools-only        every response_format
    json-object-only  json_schema, and tools
    prompt-only       every response_format, and tools
    strict-subset     a strict schema that is outside OpenAI's subset
    json-word         json_object without the word "json" in a message

What it takes and does not keep to:

    ignores             response_format: prose, with JSON in it that lacks a required field until the prompt states the
                        schema ("name:" or "name?:" for half of its fields at least, outside of the mark)
    ignores-tools       tools: prose without JSON
    ignores-tools-json  tools: prose with the JSON in it

A dialect whose server ignores a field (`response_format` at Anthropic) is such a server too, without a variant.

How the answer goes wrong:

    second       without its first required field until asked again; `third`: until asked again twice
    never        for ever
    messy        valid, but behind a think block with braces in it, in prose, in a fence, with trailing commas
    echo-schema  repeats the schema first, or the system message where it has none
    think        thinks first (where thoughts go is the server's affair)
    list         25 items in the schema's first list
    cut          an allowance of half the answer ("length") where the request sets none
    cut-hard     half the answer, whatever allowance the request sets; the rest when asked to go on
    refuses      `refusal` instead of content
    filtered     half the answer, then "content_filter"
    empty        nothing at all
"""

from .play import structured
from .traits import STRUCTURED_VARIANTS

__all__ = ["STRUCTURED_VARIANTS", "structured"]
