"""The public face: every settled name is there, documented, and the same for both clients."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from source_tree import words

import franca
from franca import errors

BUILDERS = words(
    "system_message developer_message user_message assistant_message tool_message "
    "text_part image_part audio_part file_part function_tool"
)
SETTLED = {
    *("Client", "AsyncClient", "Stream", "AsyncStream", "accumulate_stream"),
    *("Chat", "ChatEvent", "Message", "ToolCall", "Usage", "Model"),
    *BUILDERS,
    *errors.__all__,
}
METHODS = {
    *("chat", "chat_stream", "completions", "embeddings", "list_models"),
    *("get", "post", "close"),
}


@pytest.mark.parametrize("name", sorted(SETTLED))
def test_settled_names_are_there(name: str) -> None:
    """Names that others rely on do not move."""
    assert name in franca.__all__
    assert getattr(franca, name) is not None


def test_names_are_listed_in_order_and_once() -> None:
    """`__all__` and `dir()` tell the same, sorted as the linter sorts."""
    names = franca.__all__
    assert len(set(names)) == len(names)
    constants, classes, functions = ([name for name in names if kind(name)] for kind in (str.isupper, _camel, _lower))
    assert names == sorted(constants) + sorted(classes) + sorted(functions)
    assert set(names) <= set(dir(franca))


def _camel(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def _lower(name: str) -> bool:
    return name[0].islower()


ALONE = """
import sys, franca
for name in franca.__all__:
    for module in [one for one in sys.modules if one.partition(".")[0] == "franca"]:
        del sys.modules[module]
    import franca
    getattr(franca, name)
"""


def test_each_name_loads_by_itself() -> None:
    """Nothing relies on another name having been used before."""
    subprocess.run([sys.executable, "-W", "error", "-c", ALONE], check=True, timeout=60)


def test_a_star_import_gives_all_names() -> None:
    """And an unknown name is an AttributeError like any other module's."""
    space: dict[str, object] = {}
    exec("from franca import *", space)
    assert set(franca.__all__) <= space.keys()
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        franca.Klient  # noqa: B018


@pytest.mark.parametrize("name", sorted(franca.__all__))
def test_public_things_are_documented(name: str) -> None:
    """Classes, functions, and the public methods and properties of classes."""
    thing = getattr(franca, name)
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return
    assert thing.__doc__, name
    if inspect.isclass(thing):
        members = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
        silent = [
            key
            for key, value in members.items()
            if (inspect.isfunction(value) or isinstance(value, (property, classmethod, staticmethod)))
            and not inspect.getdoc(getattr(thing, key) if not isinstance(value, property) else value)
        ]
        assert silent == [], f"{name} has members without a docstring"


def _public(cls: type) -> dict[str, object]:
    return {key: getattr(cls, key) for key in dir(cls) if not key.startswith("_")}


@pytest.mark.parametrize(
    ("blocking", "asynchronous"), [("Client", "AsyncClient"), ("Stream", "AsyncStream")], ids=["clients", "streams"]
)
def test_both_shapes_have_the_same_methods(blocking: str, asynchronous: str) -> None:
    """The same names, with the same parameters in the same order, kinds and defaults: only `await` differs."""
    one, other = _public(getattr(franca, blocking)), _public(getattr(franca, asynchronous))
    assert one.keys() == other.keys()
    for name, method in one.items():
        if callable(method):
            assert _parameters(method) == _parameters(other[name]), name


def _parameters(method: object) -> list[tuple[str, object, object, object]]:
    return [
        (name, each.kind, each.default, each.annotation)
        for name, each in inspect.signature(method).parameters.items()  # type: ignore[arg-type]
    ]


def test_clients_have_the_settled_methods() -> None:
    """And can be used as context managers."""
    assert _public(franca.Client).keys() >= METHODS
    assert hasattr(franca.Client, "__enter__")
    assert hasattr(franca.AsyncClient, "__aenter__")


def test_the_package_is_typed() -> None:
    """`py.typed` is installed with it, or no type checker would look."""
    from importlib.resources import files

    assert files("franca").joinpath("py.typed").is_file()
