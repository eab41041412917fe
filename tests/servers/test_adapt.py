"""Requests in the words of each server: what is changed, what is told, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from franca.adapt import adapted
from franca.errors import BadUsage
from franca.servers import NO_QUIRKS, SERVERS, Quirks, Server
from franca.wire.calls import ToolCall

HELLO = [{"role": "user", "content": "Hi"}]
PLAIN = Server("plain", "http://localhost/v1")


def row(**quirks: Any) -> Server:
    return PLAIN._replace(quirks=Quirks(**quirks))


def sent(server: Server | str | None, body: dict[str, Any], model: str = "m") -> tuple[dict[str, Any], list[str]]:
    """What is sent beside the messages (which are `HELLO` unless given), and the changes as text."""
    one = SERVERS[server] if isinstance(server, str) else server
    made, changes = adapted({"messages": HELLO, **body}, one, model)
    made = dict(made)
    if made["messages"] is HELLO:
        del made["messages"]
    return made, [str(change).removesuffix(" (table)") for change in changes]


def message(server: Server | str, *given: Any, model: str = "m") -> tuple[Any, list[str]]:
    made, told = sent(server, {"messages": list(given)}, model)
    return (made["messages"][0] if len(made["messages"]) == 1 else made["messages"]), told


@pytest.mark.parametrize("server", [None, PLAIN, PLAIN._replace(quirks=Quirks()), SERVERS["nvidia"], SERVERS["at"]])
def test_nothing_to_adapt(server: Server | None) -> None:
    """The very same body goes out."""
    body = {"model": "m", "temperature": 5, "messages": HELLO}
    made, changes = adapted(body, server, "m")
    assert made is body
    assert changes == ()


@pytest.mark.parametrize("server", SERVERS.values(), ids=lambda one: one.name)
def test_a_plain_request_is_sent_as_it_is(server: Server) -> None:
    """Of a small request no server needs a change."""
    body = {"model": "m", "temperature": 0.5, "messages": [{"role": "system", "content": "Be brief."}, *HELLO]}
    assert adapted(body, server, "m") == (body, ())


def test_messages_come_last() -> None:
    """Also after a change, so that a router may read a prefix."""
    made, _ = adapted({"model": "m", "messages": HELLO, "seed": 1}, SERVERS["mistral"], "m")
    assert list(made) == ["model", "random_seed", "messages"]


@pytest.mark.parametrize(
    ("server", "body", "wanted", "told"),
    [
        ("mistral", {"seed": 7}, {"random_seed": 7}, ["rename seed to random_seed"]),
        ("mistral", {"seed": 7, "random_seed": 8}, {"random_seed": 8}, ["drop seed random_seed is there"]),
        ("mistral", {"max_completion_tokens": 9}, {"max_tokens": 9}, ["rename max_completion_tokens to max_tokens"]),
        ("mistral", {"stream_options": {}, "user": "u"}, {}, ["drop user", "drop stream_options"]),
        ("anthropic", {"temperature": 1.7}, {"temperature": 1.0}, ["clamp temperature from 1.7 to 1.0"]),
        ("anthropic", {"temperature": -1}, {"temperature": 0.0}, ["clamp temperature from -1 to 0.0"]),
        ("anthropic", {"temperature": True}, {"temperature": True}, []),
        ("anthropic", {"temperature": 1}, {"temperature": 1}, []),
        (row(defaults=(("a", 1),)), {}, {"a": 1}, ["add a 1"]),
        (row(defaults=(("a", 1),)), {"a": None}, {"a": None}, []),
        (row(token_field="max_tokens"), {"max_tokens": 1}, {"max_tokens": 1}, []),
        ("cerebras", {"parallel_tool_calls": True}, {}, ["drop parallel_tool_calls"]),
    ],
)
def test_fields(server: Server | str, body: dict[str, Any], wanted: dict[str, Any], told: list[str]) -> None:
    """Names, refusals, ranges and defaults; each change is told."""
    assert sent(server, body) == (wanted, told)


def test_a_legacy_completion_has_its_own_fields() -> None:
    """Its limit is `max_tokens` everywhere, and it has no messages."""
    body = {"model": "o3", "prompt": "Hi", "max_tokens": 5, "tools": [], "seed": 1}
    assert adapted(body, SERVERS["openai"], "o3") == (body, ())
    made, _ = adapted(body, SERVERS["mistral"], "m")
    assert made == {"model": "o3", "prompt": "Hi", "max_tokens": 5, "tools": [], "random_seed": 1}


SAMPLED = {"temperature": 0.5, "top_p": 0.9, "seed": 1}


@pytest.mark.parametrize(
    ("model", "effort", "kept"),
    [
        ("gpt-4o", None, True),
        ("openai/o3-mini", None, False),
        ("gpt-5", "none", False),
        ("gpt-5.1", None, True),
        ("gpt-5.1", "none", True),
        ("gpt-5.1", "low", False),
        ("gpt-5.5", None, False),
        ("gpt-5.5", "none", True),
        ("gpt-5-chat-latest", "low", True),
    ],
)
def test_a_family_that_reasons_takes_no_sampling(model: str, effort: str | None, kept: bool) -> None:
    """While it reasons; by default, when asked, or always."""
    body = SAMPLED if effort is None else {**SAMPLED, "reasoning_effort": effort}
    made, told = sent("openai", body, model)
    assert made == (
        body if kept else {name: value for name, value in body.items() if name not in ("temperature", "top_p")}
    )
    assert told == ([] if kept else ["drop temperature", "drop top_p"])


def test_a_family_names_its_limit() -> None:
    """Where the maker's model is asked as it is; a router translates."""
    assert sent("github", {"max_tokens": 5}, "openai/o3")[0] == {"max_completion_tokens": 5}
    assert sent("openrouter", {"max_tokens": 5}, "openai/o3")[0] == {"max_tokens": 5}
    assert sent("anthropic", {"top_k": 5}, "claude-opus-4-7") == ({}, ["drop top_k"])


# ---- tools ----------------------------------------------------------------------------------------


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


NAMED = {"type": "function", "function": {"name": "b"}}


def test_a_word_for_required() -> None:
    """Mistral's."""
    assert sent("mistral", {"tool_choice": "required"}) == (
        {"tool_choice": "any"},
        ["rewrite tool_choice required to any"],
    )
    assert sent("mistral", {"tool_choice": "auto"}) == ({"tool_choice": "auto"}, [])


def test_a_named_tool_is_sent_alone() -> None:
    """Which forces the same call. What cannot be found is left for the server to judge."""
    tools = [tool("a"), tool("b")]
    assert sent("mistral", {"tools": tools, "tool_choice": NAMED}) == (
        {"tools": [tool("b")], "tool_choice": "any"},
        ["rewrite tool_choice b to any", "rewrite tools only b, which is the one to call"],
    )
    assert sent(row(named_tool_choice=False), {"tools": [tool("b")], "tool_choice": NAMED}) == (
        {"tools": [tool("b")], "tool_choice": "required"},
        ["rewrite tool_choice b to required"],
    )
    for odd in (
        {"tools": tools, "tool_choice": tool("c")},
        {"tools": tools, "tool_choice": {"type": "function"}},
        {"tools": ["b", {"function": "b"}], "tool_choice": NAMED},
        {"tool_choice": NAMED},
    ):
        assert sent("mistral", odd) == (odd, [])


def test_fields_of_tools() -> None:
    """`strict` goes; tools without it are the same objects."""
    tools = [tool("a", strict=True), tool("b"), "odd"]
    made, told = sent("xai", {"tools": tools})
    assert made["tools"] == [tool("a"), tool("b"), "odd"]
    assert made["tools"][1] is tools[1]
    assert told == ["drop tools[].function.strict"]
    for unchanged in ([tool("b")], "odd"):
        body = {"tools": unchanged}
        assert sent("xai", body) == (body, [])


@pytest.mark.parametrize(
    ("server", "body", "problem"),
    [
        (
            "groq",
            {"response_format": {"type": "json_schema"}, "stream": True},
            "response_format json_schema and stream",
        ),
        ("groq", {"response_format": {"type": "json_schema"}, "tools": [tool("a")]}, "json_schema and tools"),
        ("fireworks", {"response_format": {"type": "json_object"}, "tools": [tool("a")]}, "json_object and tools"),
        (row(excludes=(("tools", "stream"),)), {"tools": [1], "stream": True}, "plain does not take tools and stream"),
    ],
)
def test_what_excludes_each_other(server: Server | str, body: dict[str, Any], problem: str) -> None:
    """Nothing is left out in silence."""
    with pytest.raises(BadUsage, match=problem):
        sent(server, body)


def test_what_goes_together() -> None:
    """Neither feature is there by halves."""
    for body in (
        {"response_format": {"type": "json_object"}, "stream": True},
        {"response_format": {"type": "json_schema"}, "tools": [], "stream": False},
        {"response_format": "json_schema", "stream": True},
    ):
        assert sent("groq", body) == (body, [])


# ---- how much to think ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "body", "wanted"),
    [
        (None, {"reasoning_budget": 1000}, {"reasoning_effort": "low"}),
        (None, {"reasoning_budget": 0}, {"reasoning_effort": "none"}),
        (None, {"reasoning_budget": None}, {}),
        (None, {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal"}),
        ("openai", {"reasoning_budget": 8192}, {"reasoning_effort": "medium"}),
        ("openai", {"reasoning_budget": 30000}, {"reasoning_effort": "high"}),
        ("openai", {"reasoning_budget": 2896}, {"reasoning_effort": "low"}),
        ("openai", {"reasoning_budget": 14189}, {"reasoning_effort": "high"}),
        ("openrouter", {"reasoning_budget": 2000}, {"reasoning": {"max_tokens": 2000}}),
        ("openrouter", {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        ("openrouter", {"reasoning_budget": 0}, {"reasoning": {"effort": "none"}}),
        ("deepseek", {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ("deepseek", {"reasoning_effort": "medium"}, {"reasoning_effort": "high"}),
        ("deepseek", {"reasoning_effort": "max"}, {"reasoning_effort": "max"}),
        ("anthropic", {"reasoning_budget": 5}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ("anthropic", {"reasoning_effort": "high"}, {"thinking": {"type": "enabled", "budget_tokens": 24576}}),
        (
            "gemini",
            {"reasoning_budget": 99999},
            {"extra_body": {"google": {"thinking_config": {"thinking_budget": 32768}}}},
        ),
        ("gemini", {"reasoning_budget": 0}, {"reasoning_effort": "none"}),
        ("dashscope", {"reasoning_budget": 500}, {"enable_thinking": True, "thinking_budget": 500}),
        ("dashscope", {"reasoning_effort": "none"}, {"enable_thinking": False}),
        ("zai", {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ("zai", {"reasoning_budget": 10}, {"thinking": {"type": "enabled"}}),
        ("moonshot", {"reasoning_effort": "high"}, {"thinking": {"type": "enabled"}}),
        ("vllm", {"reasoning_effort": "none"}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("llamacpp", {"reasoning_effort": "low"}, {"chat_template_kwargs": {"reasoning_effort": "low"}}),
        ("mistral", {"reasoning_effort": "minimal"}, {"reasoning_effort": "none"}),
        ("groq", {"reasoning_effort": "default"}, {"reasoning_effort": "default"}),
        (row(effort=(("none", ()),)), {"reasoning_effort": "none"}, {}),
        (row(effort=(("low", (("deep", "$level"),)),)), {"reasoning_effort": "low"}, {"deep": "low"}),
    ],
)
def test_how_much_to_think(server: Server | str | None, body: dict[str, Any], wanted: dict[str, Any]) -> None:
    """In the words of each server; whatever differs is told."""
    made, told = sent(server, body)
    assert made == wanted
    assert bool(told) == (wanted != body and body != {"reasoning_budget": None})


def test_families_that_think_otherwise() -> None:
    """Adaptive Claude takes no budget, and Kimi K3 has levels."""
    adaptive = {"thinking": {"type": "adaptive"}}
    assert sent("anthropic", {"reasoning_budget": 5000}, "claude-opus-4-7")[0] == adaptive
    assert sent("anthropic", {"reasoning_effort": "low"}, "claude-sonnet-4-6")[0] == adaptive
    assert sent("anthropic", {"reasoning_effort": "none"}, "claude-opus-5-5") == ({}, ["drop reasoning_effort none"])
    assert sent("moonshot", {"reasoning_effort": "medium"}, "kimi-k3")[0] == {"reasoning_effort": "high"}


def test_what_the_caller_set_himself_stands() -> None:
    """In the server's own words it may be set too."""
    given = {"thinking": {"type": "enabled", "budget_tokens": 1}}
    made, told = sent("anthropic", {"reasoning_effort": "none", **given})
    assert made == given
    assert told == ["rewrite reasoning_effort none as the thinking.type that was given"]
    assert sent("anthropic", {"reasoning_effort": "none", "thinking": None})[0] == {"thinking": None}
    made, told = sent("gemini", {"reasoning_budget": 9, "reasoning_effort": None, "extra_body": {"google": {"a": 1}}})
    assert made == {"extra_body": {"google": {"a": 1, "thinking_config": {"thinking_budget": 9}}}}
    assert told == ["rewrite reasoning_budget 9 as extra_body.google.thinking_config.thinking_budget=9"]


@pytest.mark.parametrize("budget", [-1, True, 1.5, "10"])
def test_a_budget_is_a_number_of_tokens(budget: Any) -> None:
    with pytest.raises(BadUsage, match="reasoning_budget is a number of tokens"):
        sent(None, {"reasoning_budget": budget})


def test_one_word_on_the_matter() -> None:
    """A budget and an effort would contradict each other."""
    with pytest.raises(BadUsage, match="not both"):
        sent("openai", {"reasoning_budget": 10, "reasoning_effort": "low"})


# ---- messages -------------------------------------------------------------------------------------


def test_roles() -> None:
    """`developer` is OpenAI's own."""
    assert message("deepseek", {"role": "developer", "content": "x"}) == (
        {"role": "system", "content": "x"},
        ["rewrite messages[].role developer to system"],
    )
    assert message("deepseek", {"role": ["odd"]}) == ({"role": ["odd"]}, [])
    assert message("deepseek", "odd") == ("odd", [])


@pytest.mark.parametrize(
    ("server", "given", "wanted", "told"),
    [
        ("mistral", {"role": "user", "name": "n"}, {"role": "user"}, ["name"]),
        ("mistral", {"role": "tool", "name": "n"}, {"role": "tool", "name": "n"}, []),
        ("mistral", {"role": "assistant", "refusal": None, "audio": 1}, {"role": "assistant"}, ["refusal", "audio"]),
        ("together", {"role": "assistant", "tool_calls": []}, {"role": "assistant"}, ["tool_calls"]),
        ("together", {"role": "assistant", "tool_calls": None}, {"role": "assistant", "tool_calls": None}, []),
        ("groq", {"role": "assistant", "function_call": None}, {"role": "assistant"}, ["function_call"]),
        (row(message_drops=("x",)), {"role": "user", "x": 1}, {"role": "user"}, ["x"]),
        (row(message_drops=("x",)), {"role": "user"}, {"role": "user"}, []),
    ],
)
def test_fields_of_messages(server: Server | str, given: Any, wanted: Any, told: list[str]) -> None:
    """Those that a server refuses; each is told once, however many messages have it."""
    assert message(server, given) == (wanted, [f"drop messages[].{name}" for name in told])
    assert message(server, given, given) == ([wanted, wanted], [f"drop messages[].{name}" for name in told])


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def test_text_parts_become_a_string() -> None:
    """Only when there is nothing else among them."""
    assert message("sambanova", {"role": "user", "content": [text("a"), "b"]}) == (
        {"role": "user", "content": "ab"},
        ["rewrite messages[].content text parts as one string"],
    )
    for content in ([], [text("a"), {"type": "image_url"}], [{"type": "text"}], [1]):
        given = {"role": "user", "content": content}
        assert message("sambanova", given) == (given, [])


def test_audio_as_a_data_uri() -> None:
    """Once; and what has no data is left alone."""

    def audio(data: Any, **more: str) -> dict[str, Any]:
        return {"role": "user", "content": [text("a"), {"type": "input_audio", "input_audio": {"data": data, **more}}]}

    assert message("dashscope", audio("QUJD", format="mp3"))[0] == audio("data:audio/mp3;base64,QUJD", format="mp3")
    assert message("dashscope", audio("QUJD"))[0] == audio("data:audio/wav;base64,QUJD")
    for given in (audio("data:audio/mp3;base64,QUJD"), audio("https://a/b.mp3"), audio(None)):
        assert message("dashscope", given) == (given, [])
    odd = {"role": "user", "content": [{"type": "input_audio", "input_audio": "QUJD"}]}
    assert message("dashscope", odd) == (odd, [])


def test_images_must_be_sent_themselves() -> None:
    """Where the server fetches none."""

    def image(url: Any) -> dict[str, Any]:
        return {"role": "user", "content": ["a", text("a"), {"type": "image_url", "image_url": url}]}

    for fine in (image({"url": "data:image/png;base64,QUJD"}), image({}), image(None)):
        assert message("ollama", fine) == (fine, [])
    for url in ({"url": "https://a/b.png"}, "http://a/b.png"):
        with pytest.raises(BadUsage, match="ollama does not fetch images"):
            message("ollama", image(url))


def test_system_messages_are_joined() -> None:
    """Those at the start; further down one is said at its place."""
    one, two = {"role": "system", "content": "a", "x": 1}, {"role": "developer", "content": "b"}
    made, told = message("vllm", one, two, *HELLO, one)
    assert made == [{"role": "system", "content": "a\n\nb", "x": 1}, *HELLO, one]
    assert told == ["rewrite messages 2 system messages joined"]
    made, _ = message("vllm", one, {"role": "system", "content": [text("b")]}, {"role": "system"})
    assert made["content"] == [text("a"), text("b")]
    assert message("vllm", one, *HELLO) == ([one, *HELLO], [])
    assert message("vllm", "odd", one) == (["odd", one], [])


# ---- reasoning on its way back --------------------------------------------------------------------

CALLS = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
SIGNED = [{**CALLS[0], "extra_content": {"google": {"thought_signature": "s"}}}]


def said(content: Any = "Hi", **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def thinking(value: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [text(value)]}


@pytest.mark.parametrize(
    ("server", "given", "wanted"),
    [
        # into the field, wherever it came from
        ("deepseek", said(reasoning="r", tool_calls=CALLS), said(reasoning_content="r", tool_calls=CALLS)),
        ("deepseek", said(reasoning_content="r", tool_calls=CALLS), None),
        ("deepseek", said(tool_calls=CALLS), said(reasoning_content="", tool_calls=CALLS)),
        ("deepseek", said(reasoning_content=None, tool_calls=CALLS), said(reasoning_content="", tool_calls=CALLS)),
        ("deepseek", said(reasoning="r"), said()),
        ("deepseek", said(reasoning_content="r"), None),
        (
            "deepseek",
            said(reasoning_content="r", reasoning="r", tool_calls=CALLS),
            said(reasoning_content="r", tool_calls=CALLS),
        ),
        ("moonshot", said(reasoning_content="", tool_calls=CALLS), said(reasoning_content=" ", tool_calls=CALLS)),
        ("moonshot", said(reasoning="r"), said(reasoning_content="r")),
        ("zai", said(tool_calls=CALLS), None),
        ("zai", said(reasoning=None), said()),
        ("zai", said(reasoning_details=[{"text": "a"}, {"data": "secret"}]), said(reasoning_content="a")),
        ("ollama", said(reasoning_content="r", thinking_blocks=[1]), said(reasoning="r")),
        ("llamacpp", said([thinking("r"), text("Hi")]), said(reasoning_content="r")),
        ("llamacpp", said([thinking("r")]), said("", reasoning_content="r")),
        ("llamacpp", said([thinking("r")], tool_calls=CALLS), said(None, reasoning_content="r", tool_calls=CALLS)),
        ("llamacpp", said([thinking("r"), {"type": "image"}]), said([{"type": "image"}], reasoning_content="r")),
        # OpenRouter's own details are the better half
        ("openrouter", said(reasoning_details=[{"text": "a"}], reasoning="a"), None),
        (
            "openrouter",
            said(reasoning_details=[{"text": "a"}], reasoning_content="b"),
            said(reasoning_details=[{"text": "a"}]),
        ),
        ("openrouter", said(reasoning_content="b"), said(reasoning="b")),
        # own field only
        ("groq", said(reasoning="r"), None),
        ("groq", said(reasoning_content="r"), said()),
        # nowhere
        ("openai", said(reasoning="r", reasoning_content=None), said()),
        ("mistral", said([thinking("r"), text("Hi")]), None),
        ("mistral", said(reasoning="r"), said()),
        # thought signatures
        ("gemini", said(None, tool_calls=SIGNED, extra_content={"a": 1}), None),
        ("openai", said(None, tool_calls=SIGNED, extra_content={"a": 1}), said(None, tool_calls=CALLS)),
        ("openai", said(None, tool_calls=[*SIGNED, *CALLS]), said(None, tool_calls=[*CALLS, *CALLS])),
        ("openai", said(extra_content=None), said()),
        # as it came
        ("vllm", said(reasoning="r", reasoning_content="r", extra_content=1, thinking=[1]), None),
        ("nvidia", said(reasoning="r"), None),
    ],
)
def test_reasoning_goes_back(server: str, given: Any, wanted: Any) -> None:
    """In the very field that the server wants, or not at all; None: as it came."""
    made, told = message(server, given)
    assert made == (given if wanted is None else wanted)
    assert (made is given) == (wanted is None)
    assert bool(told) == (wanted is not None)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (said(reasoning="r"), said("<think>r</think>Hi")),
        (said(None, reasoning_content="r"), said("<think>r</think>")),
        (said([text("Hi")], reasoning="r"), said([text("<think>r</think>"), text("Hi")])),
        (said(reasoning=""), said()),
        (said("<think>r</think>Hi"), None),
    ],
)
def test_reasoning_between_tags(given: Any, wanted: Any) -> None:
    """GLM at Cerebras; other models there have a field."""
    made, told = message("cerebras", given, model="zai-glm-4.7")
    assert made == (given if wanted is None else wanted)
    assert bool(told) == (wanted is not None)
    assert message("cerebras", said(reasoning="r"), model="gpt-oss-120b") == (said(reasoning="r"), [])


def test_what_is_told_of_reasoning() -> None:
    """Where it went, by the field it came in."""
    assert message("moonshot", said([thinking("r")], reasoning="r"))[1] == [
        "rename messages[].reasoning to reasoning_content",
        "rename messages[].content[].thinking to reasoning_content",
    ]
    assert message("cerebras", said(reasoning="r"), model="glm-5")[1] == [
        "rename messages[].reasoning to <think> tags in content"
    ]
    assert message("moonshot", said(tool_calls=CALLS))[1] == [
        'add messages[].reasoning_content " ", as it is demanded beside tool calls'
    ]
    assert message("openai", said(None, tool_calls=SIGNED, extra_content=1))[1] == [
        "drop messages[].extra_content",
        "drop messages[].tool_calls[].extra_content",
    ]


def test_calls_that_are_windows() -> None:
    """A message made by hand may hold them."""
    call = ToolCall(SIGNED[0])
    assert message("openai", said(None, tool_calls=[call, None]))[0] == said(None, tool_calls=[CALLS[0], None])
    plain = said(None, tool_calls=[ToolCall(CALLS[0])])
    assert message("openai", plain) == (plain, [])
    odd = said(None, tool_calls=[None, 7, "extra_content"])
    assert message("openai", odd) == (odd, [])


def test_an_echo_without_a_field_is_no_echo() -> None:
    """A row made by hand may forget it."""
    made, told = message(row(reasoning_echo="always"), said(reasoning="r", tool_calls=CALLS))
    assert made == said(tool_calls=CALLS)
    assert told == ["drop messages[].reasoning"]


def test_oddities_alone_change_nothing() -> None:
    """They are for people."""
    server = row(oddities=("Odd.",), ignores=("seed",))
    assert server.quirks != NO_QUIRKS
    body = {"seed": 1, "messages": [said(reasoning="r", extra_content=1, tool_calls=[])]}
    made, changes = adapted(body, server, "m")
    assert made is body
    assert changes == ()
