"""Any JSON Schema as what a provider's native mode takes, with the way back.

What the provider lacks is said in other shapes: an optional member as a nullable one, a map as a list of keys and
values, a tuple as an object, a free object or an untyped value as JSON text, a union by its alternatives. What cannot
be shaped moves to the description. Decoded answers are to be validated against the original schema, which says more
than the strict one: nothing here does that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import BadUsage
from ..check import problems_of
from .accept import refusals
from .branches import fits, plain_definitions, tag
from .build import Builder
from .codec import Book, Unsayable, decode, encode
from .measure import measure
from .pieces import Codec, Made, Note, Where
from .profiles import Profile, profile_for
from .shapes import wrapper

__all__ = ["Note", "Strict", "strict_schema"]

_MOST_NAMED = 3  # refusals in an error
_MOST_WALKS = 40


class Strict:
    """A schema as a provider takes it.

    schema   what to send
    notes    what differs from the original and is not undone by `decode`: a tuple of `Note` (path, text)
    profile  the row of the provider that it was made for
    """

    __slots__ = ("_book", "_codec", "notes", "profile", "schema")

    def __init__(
        self, schema: dict[str, Any], codec: Codec, book: Book, notes: tuple[Note, ...], profile: Profile
    ) -> None:
        self.schema = schema
        self.notes = notes
        self.profile = profile
        self._codec = codec
        self._book = book

    def __repr__(self) -> str:
        return f"<Strict for {self.profile.name}, {len(self.notes)} notes>"

    def decode(self, value: Any) -> Any:
        """The value of the original schema that an answer means. Never fails: what has not the strict form is left as
        it came, to be judged by the validator of the original schema."""
        return decode(self._codec, value, self._book)

    def encode(self, value: Any) -> Any:
        """The answer that means this value of the original schema; for examples in prompts, and tests. Raises BadUsage
        for a value that the strict form cannot say, with the place and the reason."""
        try:
            made = encode(self._codec, value, self._book)
        except Unsayable as error:
            place = "".join(f"/{name}" for name in reversed(error.path))
            raise BadUsage(
                f"{place or 'the value'} cannot be said in the schema for {self.profile.name}: {error.why}"
            ) from None
        wrong = problems_of(made, self.schema)
        if wrong:
            # That module speaks of a tool's arguments.
            what = wrong[0].replace("no such argument;", "no place for it;").replace("the arguments:", "the value:")
            raise BadUsage(f"the value cannot be said in the schema for {self.profile.name}: {what}")
        return made


def strict_schema(schema: Any, profile: str | Profile, *, exact: bool = False) -> Strict:
    """The schema as this provider's native mode takes it, with `decode` back to values of the original.

    profile  a name as in `PROFILES` ("openai", "anthropic", ...) or a row of your own
    exact    say everything that the original lets be said, at the cost of a larger schema: members and items beyond the
             declared ones where the original does not speak of them, and an absent member apart from one that is null

    Raises BadUsage when the schema itself is at fault (a ref that leads nowhere, nothing fits it), or when no form of
    it is small enough for the provider; the message names the limit.
    """
    row = profile_for(profile)
    try:
        return _made(schema, row, exact)
    except RecursionError:
        raise BadUsage("the schema, or a value in it (enum, const, default ...), is nested too deeply") from None


def _made(schema: Any, row: Profile, exact: bool) -> Strict:
    if not isinstance(schema, (dict, bool)):
        raise BadUsage(f"a JSON Schema is an object, got {type(schema).__name__}")
    strict = _walked(schema, row, exact, 0)
    limit = row.limits.optional
    if limit is not None:
        # What is optional costs one of two budgets: as it is that of optional members, as nullable that of unions.
        surplus = measure(strict.schema).optional - limit
        if surplus > 0:
            strict = _walked(schema, row, exact, surplus)
    wrong = refusals(strict.schema, row)  # the sizes, which only the whole has
    if wrong:
        more = f" (and {len(wrong) - _MOST_NAMED} more)" if len(wrong) > _MOST_NAMED else ""
        raise BadUsage(f"{row.title} takes no form of this schema: {'; '.join(map(str, wrong[:_MOST_NAMED]))}{more}")
    return strict


def _walked(schema: Any, row: Profile, exact: bool, nullable: int) -> Strict:
    where = Where(depth=1 if row.root_object else 0)  # the root may get a wrapper
    never: frozenset[str] = frozenset()
    for _ in range(_MOST_WALKS):
        build = Builder(schema, row, exact=exact, nullable=nullable, never=never)
        made = build.build(build.root(), where, body=True)
        empty = build.finish()
        if not empty:
            break
        never |= empty  # a definition that nothing fits is found out last: walk again without it
    else:
        raise BadUsage("too many definitions that nothing fits")
    if made is None:
        raise BadUsage("nothing fits this schema")
    if row.root_object and made.schema.get("type") != "object":
        made = Made(wrapper("value", made.schema), ("wrap", "value", made.codec))
        build.note(where, 'the answer is an object with the one member "value"')
    definitions = {name: one.schema for name, one in build.definitions.items()}
    book = _settled(build, definitions)
    whole = {**made.schema, "$defs": definitions} if definitions else made.schema
    return Strict(whole, made.codec, book, tuple(build.notes), row)


def _settled(build: Builder, definitions: dict[str, Any]) -> Book:
    """Tags where branches are in doubt, and the rules by which unions choose."""
    codecs = {name: one.codec for name, one in build.definitions.items()}
    unions = build.unions

    def strict(ref: str) -> Any:
        return definitions.get(ref.rpartition("/")[2], True)

    plain = plain_definitions(codecs, unions)
    changed = True
    while changed:  # a tag changes the shape that others are compared with; tags are only ever added
        changed = False
        for number, kept in enumerate(unions):
            unions[number] = tag(kept, strict, plain, unions, build.profile.first_keys)
            changed = changed or unions[number] is not kept

    def branch_of(number: int, value: Any) -> tuple[Codec] | None:
        return next(((one.codec,) for one in unions[number] if fits(one.schema, value, strict)), None)

    def ways_of(number: int, value: Any) -> list[tuple[Codec, Callable[[Any], bool]]]:
        return [
            (one.codec, _taker(one.schema, definitions))
            for one, source in zip(unions[number], build.sources[number], strict=True)
            if fits(source, value, build.refs.at)
        ]

    return Book(codecs, branch_of, ways_of)


def _taker(schema: dict[str, Any], definitions: dict[str, Any]) -> Callable[[Any], bool]:
    """Whether an encoded value is taken by a branch."""
    return lambda value: not problems_of(value, {**schema, "$defs": definitions})
