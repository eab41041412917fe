"""The messages as the server wants them: roles, fields, forms of content, and where reasoning goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .content import adapt_content
from .draft import Draft
from .echo import Echo

if TYPE_CHECKING:
    from ..servers import Quirks

__all__ = ["adapt_messages"]


def adapt_messages(draft: Draft, quirks: Quirks, model: str, server: str) -> None:
    """Every message in one pass, and the leading system messages joined where only one may be. `model` is the bare
    name in lower case."""
    messages: list[Any] = draft.body["messages"]
    roles = dict(quirks.roles)
    echo: Echo | None = None
    made, changed = [], False
    for message in messages:
        new = message
        if type(message) is dict:
            if echo is None and message.get("role") == "assistant":
                echo = Echo(quirks, model)
            new = _message(draft, message, quirks, roles, echo, server)
            changed = changed or new is not message
        made.append(new)
    if quirks.single_system:
        joined = _joined(draft, made)
        changed = changed or joined is not made
        made = joined
    if changed:
        draft.put("messages", made)


def _message(
    draft: Draft, message: dict[str, Any], quirks: Quirks, roles: dict[str, str], echo: Echo | None, server: str
) -> dict[str, Any]:
    """One message: the same object when nothing about it changes."""
    role = message.get("role")
    made = message
    native: frozenset[str] = frozenset()
    if echo is not None and role == "assistant":
        made = echo.applied(draft, made)
        native = echo.native
    if roles and isinstance(role, str) and role in roles:
        made = {**made, "role": roles[role]}
        draft.note("messages[].role", "rewrite", f"{role} to {roles[role]}")
    refused = _refused(made, role, quirks, native)
    if refused:
        for field in refused:
            draft.note(f"messages[].{field}", "drop")
        made = {field: value for field, value in made.items() if field not in refused}
    content = made.get("content")
    if type(content) is list:
        changed = adapt_content(draft, content, quirks, server)
        if changed is not content:
            made = {**made, "content": changed}
    return made


def _refused(message: dict[str, Any], role: Any, quirks: Quirks, native: frozenset[str]) -> list[str]:
    refused = [field for field in quirks.message_drops if field in message]
    if quirks.name_roles is not None and "name" in message and role not in quirks.name_roles:
        refused.append("name")
    if not quirks.empty_tool_calls and message.get("tool_calls", 0) == []:
        refused.append("tool_calls")
    if not quirks.null_function_call and message.get("function_call", 0) is None:
        refused.append("function_call")
    if quirks.message_fields:
        known = quirks.message_fields
        refused += [field for field in message if field not in known and field not in native]
    return refused


def _joined(draft: Draft, messages: list[Any]) -> list[Any]:
    """The system messages at the start as one. Those further down stay: they are said at that point of the talk."""
    count = 0
    for message in messages:
        if type(message) is not dict or message.get("role") not in ("system", "developer"):
            break
        count += 1
    if count < 2:
        return messages
    first = messages[0]
    contents = [message.get("content") for message in messages[:count]]
    if all(isinstance(content, str) for content in contents):
        joined: Any = "\n\n".join(contents)
    else:
        joined = [part for content in contents for part in _parts(content)]
    draft.note("messages", "rewrite", f"{count} system messages joined")
    return [{**first, "content": joined}, *messages[count:]]


def _parts(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) else []
