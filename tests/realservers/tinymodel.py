"""Makes a tiny GGUF model with random weights, so that a real llama.cpp server answers in milliseconds.

    python tinymodel.py VARIANT FILE

What it writes reads like babble, but babble of the right *form*: it ends by itself, calls tools, thinks first
or writes JSON, as the variant says. That is arranged as follows. A token's embedding is a large constant in
dimension 0, a flag in the dimension of the token's class (word, digit, `<tool_call>` ...), and noise elsewhere.
The blocks may not write to those dimensions (their output rows are zero there), so that they reach the output
unchanged; there `output.weight` turns the flag of the last token into a bias for the class of the next one. The noise,
mixed by real attention, picks among the words of a class. So class follows class by the tables below, and
everything else is up to chance with a fixed seed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

VARIANTS = ("words", "tools", "think", "json")

_WIDTH, _LAYERS, _HEADS, _KV_HEADS, _HIDDEN = 64, 2, 4, 2, 96
_CONTEXT = 32768
_CONSTANT = 4.0  # the value of dimension 0 and of a class flag
_SEED = 20261120

_TEXT = (
    "the of and to in is you that it he was for on are as with his they at be this have from or one had by"
    " but not what all were we when your can said there use an each which she do how their if will up other"
    " about out many then them these so some her would make like him into time has look two more write go see"
    " number no way could people my than first water been call who oil its now find long down day did get come"
    " made may part over new sound take only little work know place year live me back give most very after"
)
_WORDS = _TEXT.split()
_THOUGHTS = 24  # the last so many words are for thinking, the others for answering

_CLASS_NAMES = "never start answer think word thought unthink end call uncall quote digit open close comma colon letter"
_CLASSES = _CLASS_NAMES.split()

# After a token of one class: the log-weight of each token of the next class; where none is given, _UNLIKELY.
# Where a grammar is enforced (JSON, tool arguments) it decides first and these choose among what is left.
_UNLIKELY = -9.0
_JSON = {
    "quote": {"word": 2.0, "colon": 4.0, "comma": 3.5, "close": 4.5, "letter": -4.0},
    "digit": {"close": 4.0, "comma": 4.0, "digit": 0.0, "word": -2.0, "quote": 2.0},
    "open": {"quote": 5.0, "digit": 1.0, "close": 1.0},
    "close": {"end": 8.0, "close": 3.0, "comma": 1.0, "quote": 1.0},
    "comma": {"quote": 5.0, "digit": 1.0, "open": -1.0},
    "colon": {"quote": 4.0, "digit": 2.0, "open": 0.0},
    "letter": {"quote": 4.0, "letter": -1.0, "close": 0.0, "comma": 0.0},
}
_WRITES_JSON = {**_JSON, "word": {"word": 1.0, "quote": 6.5, "end": 2.0}}
_WRITES_WORDS = {**_JSON, "word": {"word": 2.0, "end": 4.0, "quote": -1.0, "letter": -6.0}}
_NEXT: dict[str, dict[str, dict[str, float]]] = {
    "words": {**_WRITES_WORDS, "start": {"word": 3.0}},
    "think": {
        **_WRITES_WORDS,
        "start": {"think": 9.0},
        "think": {"thought": 3.0},
        "thought": {"thought": 2.0, "unthink": 3.0},
        "unthink": {"word": 3.0},
    },
    "tools": {
        **_WRITES_JSON,
        "start": {"call": 12.0},
        "answer": {"word": 3.0},
        "call": {"open": 9.0},
        "close": {**_JSON["close"], "uncall": 9.0},
        "uncall": {"end": 6.0, "call": 9.5},
        "word": {"word": 2.0, "quote": 5.5, "end": 4.0},
    },
    "json": {**_WRITES_JSON, "start": {"open": 9.0}},
}

# The form of Hermes 2 Pro and Qwen, which llama.cpp knows how to read back. After the result of a tool the
# answer opens with a token of its own, so that a loop of tool calls ends.
_TEMPLATE = """\
{%- if tools %}{{ '<|system|>Tools:\\n' }}
{%- for tool in tools %}{{ tool | tojson }}{{ '\\n' }}{%- endfor %}
{{- 'To call one: <tool_call>{"name": NAME, "arguments": ARGUMENTS}</tool_call><|end|>' }}
{%- endif %}
{%- for message in messages %}{{ '<|' + message.role + '|>' }}
THOUGHTS
{%- if message.content %}{{ message.content }}{%- endif %}
{%- if message.tool_calls %}{%- for call in message.tool_calls %}
{{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
{{- '}</tool_call>' }}{%- endfor %}{%- endif %}
{{- '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|answer|>' if messages and messages[-1].role == 'tool' else '<|assistant|>' }}
{%- endif %}"""

# Only where the model thinks: llama.cpp takes a template with this line for one whose every answer starts with a
# thought, and enforces no grammar before its end.
_THOUGHT_TEMPLATE = """\
{%- if message.reasoning_content %}{{ '<think>' + message.reasoning_content + '</think>' }}{%- endif %}"""


def cached_model(variant: str, folder: Path) -> Path:
    """The file of a variant in `folder`, made when it is not there. Files of older makers are removed."""
    if variant not in VARIANTS:
        raise ValueError(f"no such variant: {variant}")
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.gguf"):
        if not old.stem.endswith(key):
            old.unlink(missing_ok=True)
    path = folder / f"{variant}-{key}.gguf"
    if not path.exists():
        # Several test processes may come here at once: each writes its own file, the last rename wins.
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            part = Path(scratch) / "model"
            write_model(variant, part)
            os.replace(part, path)
    return path


def write_model(variant: str, path: Path) -> None:
    """Writes the model of a variant (about half a megabyte) to `path`."""
    import gguf

    tokens, types, classes = vocabulary(gguf.TokenType)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"tiny {variant}")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    # The server wants a list of merges that is not empty; this one makes a token that cannot come about otherwise.
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(tokens.index("<|end|>"))
    writer.add_eot_token_id(tokens.index("<|end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE.replace("THOUGHTS\n", _THOUGHT_TEMPLATE + "\n" if variant == "think" else ""))

    for name, tensor in tensors(_NEXT[variant], classes).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vocabulary(kinds):
    """Tokens as the gpt2 tokenizer spells them, their GGUF types, and the class of each."""
    tokens = _byte_tokens()
    classes = [_class_of_byte(byte) for byte in range(256)]
    types = [kinds.NORMAL] * 256

    plain = [*(f"Ġ{word}" for word in _WORDS), "Ġt"]
    tokens += plain
    types += [kinds.NORMAL] * len(plain)
    classes += ["word"] * (len(_WORDS) - _THOUGHTS) + ["thought"] * _THOUGHTS + ["never"]

    control = {"system": "never", "user": "never", "tool": "never", "assistant": "start", "answer": "answer"}
    tokens += [f"<|{name}|>" for name in (*control, "end")]
    types += [kinds.CONTROL] * (len(control) + 1)
    classes += [*control.values(), "end"]

    # User-defined, not control: llama.cpp must see them in the text to find calls and thoughts.
    marks = {"<think>": "think", "</think>": "unthink", "<tool_call>": "call", "</tool_call>": "uncall"}
    tokens += marks
    types += [kinds.USER_DEFINED] * len(marks)
    classes += marks.values()
    return tokens, types, classes


def _byte_tokens() -> list[str]:
    """The printable stand-ins for bytes 0 to 255 that GPT-2's vocabulary files use."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    stand_ins = iter(range(256, 512))
    return [chr(byte if byte in shown else next(stand_ins)) for byte in range(256)]


def _class_of_byte(byte: int) -> str:
    char = chr(byte)
    if char in '"{}[],:':
        return {'"': "quote", "{": "open", "}": "close", "[": "open", "]": "close", ",": "comma", ":": "colon"}[char]
    if "0" <= char <= "9":
        return "digit"
    return "letter" if "a" <= char <= "z" else "never"


def tensors(table: dict[str, dict[str, float]], classes: list[str], heads: int = _HEADS, kv_heads: int = _KV_HEADS):
    """The weights, by their names in GGUF, of a model whose tokens are of these classes and follow this table."""
    import numpy as np

    rng = np.random.default_rng(_SEED)
    count, fixed = len(classes), 1 + len(_CLASSES)

    def noise(rows: int, columns: int, spread: float):
        return rng.normal(0.0, spread, (rows, columns)).astype(np.float32)

    def silent(matrix):
        """A block's output projection that leaves the constant and the class flags alone."""
        matrix[:fixed] = 0.0
        return matrix

    embedding = noise(count, _WIDTH, 0.6)
    output = noise(count, _WIDTH, 0.16)
    embedding[:, :fixed] = output[:, :fixed] = 0.0
    embedding[:, 0] = _CONSTANT
    # What the final norm divides by, nearly the same for all tokens.
    rms = float(np.sqrt((2 * _CONSTANT**2 + (_WIDTH - fixed) * 0.6**2) / _WIDTH))
    for row, own in enumerate(classes):
        embedding[row, 1 + _CLASSES.index(own)] = _CONSTANT
        output[row, 0] = -20.0 if own == "never" else 0.0
        for column, last in enumerate(_CLASSES, start=1):
            output[row, column] = table.get(last, {}).get(own, _UNLIKELY) * rms / _CONSTANT

    kv_width = _WIDTH // heads * kv_heads
    made = {"token_embd.weight": embedding, "output.weight": output}
    made["output_norm.weight"] = np.ones(_WIDTH, np.float32)
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        made[block + "attn_norm.weight"] = np.ones(_WIDTH, np.float32)
        made[block + "attn_q.weight"] = noise(_WIDTH, _WIDTH, 0.2)
        made[block + "attn_k.weight"] = noise(kv_width, _WIDTH, 0.2)
        made[block + "attn_v.weight"] = noise(kv_width, _WIDTH, 0.2)
        made[block + "attn_output.weight"] = silent(noise(_WIDTH, _WIDTH, 0.1))
        made[block + "ffn_norm.weight"] = np.ones(_WIDTH, np.float32)
        made[block + "ffn_gate.weight"] = noise(_HIDDEN, _WIDTH, 0.1)
        made[block + "ffn_up.weight"] = noise(_HIDDEN, _WIDTH, 0.1)
        made[block + "ffn_down.weight"] = silent(noise(_WIDTH, _HIDDEN, 0.1))
    return made


if __name__ == "__main__":
    write_model(sys.argv[1], Path(sys.argv[2]))
