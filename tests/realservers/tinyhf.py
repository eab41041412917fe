"""Writes the tiny model of `tinymodel` as a folder for the servers that run on PyTorch: transformers serve and vLLM.

    python tinyhf.py FOLDER

It answers in a few plain words, or, when tools are offered and none has answered yet, with one call of get_weather:
a token of its own holds the whole JSON of the call, so that a random model writes it without a slip. There is one head
of 64 dimensions, the least that vLLM's attention on a CPU takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

if __package__:
    from . import tinymodel
else:
    import tinymodel

CALL = '{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}'
NAME = "tiny-hf"

_WIDTH, _HIDDEN, _LAYERS, _CONTEXT = 64, 96, 2, 4096
# See tinymodel: classes of tokens and what follows them. The JSON of the call borrows the class "thought".
_NEXT = {
    "start": {"call": 30.0},
    "call": {"thought": 30.0},
    "thought": {"uncall": 30.0},
    "uncall": {"end": 30.0},
    "answer": {"word": 3.0},
    "word": {"word": 2.0, "end": 5.0},
}
_TEMPLATE = """\
{%- if tools %}{%- for tool in tools %}{{ '<|system|>' + tool | tojson + '<|end|>' }}{%- endfor %}{%- endif %}
{%- for message in messages %}{{ '<|' + message.role + '|>' }}
{%- if message.content is string %}{{ message.content }}
{%- elif message.content %}{%- for part in message.content %}{{ part.text }}{%- endfor %}
{%- endif %}
{%- if message.tool_calls %}{%- for call in message.tool_calls %}
{{- '<tool_call>' + call.function | tojson + '</tool_call>' }}
{%- endfor %}{%- endif %}
{{- '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|assistant|>' if tools and messages[-1].role != 'tool' else '<|answer|>' }}
{%- endif %}"""
# How transformers serve reads an answer back; vLLM has a parser of the same form, named hermes.
_RESPONSE = {
    "defaults": {"role": "assistant"},
    "start_anchor_pattern": r"<\|(?:assistant|answer)\|>",
    "fields": {
        "tool_calls": {
            "open_pattern": r"\s*<tool_call>",
            "close": "</tool_call>",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"<\|end\|>", "content": "text"},
    },
}
_NAMES = {
    "token_embd": "model.embed_tokens",
    "output": "lm_head",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class _Kinds:
    """The kinds of tokens, told apart."""

    NORMAL, CONTROL, USER_DEFINED = "normal", "control", "user-defined"


def write_model(folder: Path) -> None:
    """The whole folder: configuration, tokenizer, weights (some 600 KB)."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens, kinds, classes = tinymodel.vocabulary(_Kinds)
    tokens.append(CALL)
    kinds.append(_Kinds.USER_DEFINED)
    classes.append("thought")
    classes[:-1] = ["never" if name == "thought" else name for name in classes[:-1]]
    end = tokens.index("<|end|>")
    _write(folder / "config.json", _config(len(tokens), end))
    _write(folder / "generation_config.json", {"eos_token_id": end, "pad_token_id": end, "do_sample": True})
    _write(folder / "tokenizer.json", _tokenizer(tokens, kinds))
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "<|end|>",
            "pad_token": "<|end|>",
            "model_max_length": _CONTEXT,
            "clean_up_tokenization_spaces": False,
            "chat_template": _TEMPLATE,
            "response_template": _RESPONSE,
        },
    )
    _write_weights(folder / "model.safetensors", tinymodel.tensors(_NEXT, classes, 1, 1))


def _config(count: int, end: int) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": count,
        "hidden_size": _WIDTH,
        "intermediate_size": _HIDDEN,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
        "head_dim": _WIDTH,
        "hidden_act": "silu",
        "max_position_embeddings": _CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": end,
        "pad_token_id": end,
        "dtype": "float32",
    }


def _tokenizer(tokens: list[str], kinds: list[str]) -> dict[str, Any]:
    """A byte-level BPE of one merge; marks and the whole call are found in the text before it."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
    added = [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": kind == _Kinds.CONTROL,
        }
        for number, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind != _Kinds.NORMAL
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [["Ġ", "t"]],
        },
    }


def _write_weights(path: Path, tensors: dict[str, Any]) -> None:
    """A safetensors file: the length of its head, the head in JSON, the numbers."""
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    blobs, place = [], 0
    for name, tensor in tensors.items():
        blob = tensor.astype("<f4").tobytes()
        head[_hf_name(name)] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [place, place + len(blob)],
        }
        blobs.append(blob)
        place += len(blob)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def _hf_name(name: str) -> str:
    """blk.0.attn_q.weight -> model.layers.0.self_attn.q_proj.weight"""
    steps = name.split(".")
    if steps[0] == "blk":
        return f"model.layers.{steps[1]}.{_NAMES[steps[2]]}.{steps[3]}"
    return f"{_NAMES[steps[0]]}.{steps[1]}"


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
