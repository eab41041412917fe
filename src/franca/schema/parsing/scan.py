"""The tolerant scanner: one pass over a text that is nearly JSON, with a stack of its own.

It takes JSON as it is, and the ways in which models and people depart from it: comments, commas that are missing or too
many, brackets likewise, other quotes or none, calls (`ObjectId("…")`, `Person(name="Ada")`), tuples, an end that is
missing. What it mended is in `notes`; what could be read in two ways is in `doubts`. It decides nothing about types.
"""

from __future__ import annotations

import re

from .brackets import Brackets, Frame
from .nodes import Bare, Cut, CutBare, Items, Members, Node, Number, Run
from .strings import Around, Reading, read_string, unescaped
from .tokens import BARE_END, CALL, CLOSING, ITEMS, KEY_AHEAD, LITERAL, MEMBERS, NO_KEY_QUOTE, SPACE, clean_key

__all__ = ["Scanner"]

_LONGEST_WORDS = 20_000  # characters
_VALUES = re.compile(r"(?:(?:null|true|false|None|True|False|-?[0-9][0-9.eE+-]*+)(?:\s++|$)){2,}+")
_COMMAS = re.compile(r"(?:\s*+,)*+")
_WORDS = {"true": True, "false": False, "null": None}


class Scanner(Brackets):
    """Reads one value that begins with a bracket. The state is in `at` and `frames`, so that it can be stopped."""

    __slots__ = ()

    def scan(self, *, opened: bool = False) -> Node:
        """The value at `at`; afterwards `at` is behind it. `opened`: an object whose opening brace is missing.

        Raises TooDeep."""
        if opened:
            self._note("brace", "", "{")
            self._push(Members(self.at), "{")
        else:
            self._open(self.text[self.at])
        while self.frames:
            top = self.frames[-1]
            self._space()
            if self._over():
                self._give_up()
            elif isinstance(top.node, Members):
                self._member(top, top.node)
            else:
                self._item(top, top.node)
        return self.root

    # --- items and members

    def _item(self, frame: Frame, node: Items) -> None:
        char = self.text[self.at]
        if char in "}])":
            if char == "]" and frame.separated and node.parts:
                self._note("comma", ",", "")
            self._close(char)
        elif char in ",;":
            self._comma(frame, bool(node.parts), char)
        elif char in ":=" and node.parts and not frame.separated:
            self._turn_to_key(frame, node)
        else:
            if not frame.separated:
                self._note("comma", "", ",")
            elif frame.opened == "[":
                run = ITEMS.match(self.text, self.at, self.end)
                if run:
                    node.parts.append(Run(self.text[self.at : run.end() - 1]))
                    self.at = run.end()
                    return
            if not self._key_in_array(frame):
                self._value(frame, "item")

    def _comma(self, frame: Frame, needed: bool, char: str) -> None:
        if (frame.separated and needed) or not needed or char == ";":
            self._note("comma", char, "" if char == "," else ",")
        frame.separated = True
        self.at += 1
        more = _COMMAS.match(self.text, self.at, self.end)
        if more and more.end() > self.at:
            self._note("comma", more.group(), "")
            self.at = more.end()

    def _turn_to_key(self, frame: Frame, node: Items) -> None:
        """A colon behind an item: it was the key of a member. Of the object around, when the array was never closed;
        of the array itself, when it is an object in the wrong brackets."""
        key = node.parts[-1]
        around = self.frames[-2] if len(self.frames) > 1 else None
        if not isinstance(key, str) or isinstance(key, (Number, Run, Cut)):
            self.doubts.append("a colon in a list")
            self.at += 1
            return
        if len(node.parts) == 1:
            made = Members(node.start, node.name)
            if frame.opened == "[":
                self._note("bracket", "[", "{")
            frame.node = made
            around = frame
        elif frame.opened == "[" and around is not None and type(around.node) is Members:
            self._note("bracket", "", "]")
            del node.parts[-1]
            self._pop()
        else:
            self.doubts.append("a colon in a list")
            self.at += 1
            return
        around.key, around.ready = str(key), True
        self._behind_key()

    def _key_in_array(self, frame: Frame) -> bool:
        """A known key without quotes: it belongs to the object around, whose array was never closed."""
        if len(self.frames) < 2 or type(self.frames[-2].node) is not Members or not frame.node.parts:
            return False
        found = KEY_AHEAD.match(self.text, self.at, self.end)
        if found is None or found.group(4) is None or clean_key(found.group(4)) not in self.names:
            return False
        self._note("bracket", "", "]")
        self._pop()
        return True

    def _member(self, frame: Frame, node: Members) -> None:
        char = self.text[self.at]
        if frame.ready:
            if char in ",}":
                self.doubts.append("a key without a value")
                self._attach(frame, Bare(""))
            else:
                self._value(frame, "member")
        elif char in "}])":
            if char in "}" and frame.separated and node.parts:
                self._note("comma", ",", "")
            self._close(char)
        elif char in ",;":
            self._comma(frame, bool(node.parts), char)
        elif char == ":":
            self.doubts.append("a colon too many")
            self.at += 1
        else:
            if not frame.separated:
                self._note("comma", "", ",")
            elif frame.opened == "{":
                run = MEMBERS.match(self.text, self.at, self.end)
                if run:
                    node.parts.append(Run(self.text[self.at : run.end() - 1]))
                    self.at = run.end()
                    frame.quoted = True
                    return
            self._key(frame, node, char)

    def _key(self, frame: Frame, node: Members, char: str) -> None:
        if char in CLOSING:
            self._quoted_key(frame)
            return
        found = KEY_AHEAD.match(self.text, self.at, self.end)
        if found and found.group(4) is not None:
            name = found.group(4).strip()
            self._note("key quotes", name, f'"{name}"')
            if clean_key(name) not in self.names and frame.quoted:
                node.tampered = True  # other keys have quotes: this one may be a part of a string
            self.at = found.end(4)
            if self.text[self.at] in '"”':
                self.at += 1
            frame.key, frame.ready = name, True
            self._behind_key()
        elif self.text.startswith(("...", "…"), self.at):
            self._note("ellipsis", "...", "")
            self.at += 1 if self.text[self.at] == "…" else 3
        else:
            self._value(frame, "item")

    def _quoted_key(self, frame: Frame) -> None:
        text, start = self.text, self.at
        reading = read_string(text, start, self.end, self._around("key"))
        first = text.find(CLOSING[text[start]][0], start + 1, min(self.end, start + 200))
        if first > 0 and reading.inner and NO_KEY_QUOTE.fullmatch(text, start + 1, first):
            key = text[start + 1 : first].rstrip()[:-1].rstrip()
            self._note("key quotes", key, f'"{key}"')
            self.at = start + 1 + text[start + 1 : first].rindex(":")
        elif reading.ended and not reading.inner:
            key = self._unescaped(reading.content, text[start])
            self.at = reading.next
            frame.quoted = True
        elif first > 0:
            key = self._unescaped(text[start + 1 : first], text[start])
            self.at = first + 1
        else:
            if reading.inner:
                self.doubts.append("a key that does not end")
            self.at = self.end  # else the end of the text cut it off
            return
        self._space()
        if not self._over() and self.text[self.at] in ",;}])":
            self._attach(frame, key)  # of a set
            return
        frame.key, frame.ready = key, True
        self._behind_key()

    def _behind_key(self) -> None:
        self._space()
        if self.text.startswith("=>", self.at):
            self.at += 2
            self._note("colon", "=>", ":")
        elif self.at < self.end and self.text[self.at] in ":=":
            if self.text[self.at] == "=":
                self._note("colon", "=", ":")
            self.at += 1
        elif self.at < self.end:
            self._note("colon", "", ":")

    # --- values

    def _around(self, role: str) -> Around:
        opened = {frame.opened for frame in self.frames}
        return Around(
            role,
            self.names,
            len(self.frames),
            "".join(c for o, c in (("{", "}"), ("[", "]"), ("(", ")")) if o in opened),
        )

    def _value(self, frame: Frame, role: str) -> None:
        char = self.text[self.at]
        if char in "{[(":
            self._open(char)
        elif char in CLOSING:
            self._string(frame, role)
        else:
            self._word(frame, role)

    def _string(self, frame: Frame, role: str) -> None:
        pieces = []
        while True:
            quote = self.text[self.at]
            reading = read_string(self.text, self.at, self.end, self._around(role))
            pieces.append(self._unescaped(reading.content, quote))
            self._notes_of(reading, frame)
            self.at = reading.next
            if not reading.ended:
                self._attach(frame, Cut("".join(pieces)))
                return
            mark = self.at
            self._space()
            if self.at < self.end and self.text[self.at] == "+":
                self.at += 1
                self._space()
                if self.at < self.end and self.text[self.at] in CLOSING:
                    self._note("joined strings", "+", "")
                    continue
                self.doubts.append("a sum")
            self._attach(frame, "".join(pieces))
            self.at = max(self.at, mark)
            return

    def _notes_of(self, reading: Reading, frame: Frame) -> None:
        if reading.doubt:
            self.doubts.append(reading.doubt)
        if reading.inner:
            self._note("inner quotes", reading.content, "")
        if reading.missing:
            self._note("quote", "", '"')
        if type(frame.node) is Members and (reading.inner or reading.missing):
            frame.node.tampered = True

    def _unescaped(self, content: str, quote: str) -> str:
        if quote != '"':
            self._note("quotes", quote, '"')
        found, strict = unescaped(content)
        if not strict:
            self._note("escape", content, found)
        return found

    def _word(self, frame: Frame, role: str) -> None:
        """A number, a literal, a call, or words without quotes."""
        text, at = self.text, self.at
        if frame.opened == "(" and self._keyword(frame):
            return
        found = LITERAL.match(text, at, self.end)
        if found and not self._continues(found.end(), role):
            self.at = found.end()
            if found.group(1) is None:
                self._attach(frame, _WORDS[found.group(2)])
            else:
                number = found.group(1)
                self._attach(frame, CutBare(number) if self.at >= self.end else Number(number))
            return
        call = CALL.match(text, at, self.end)
        if call:
            self._note("call", call.group(1), "")
            self.at = call.end() - 1
            self._open("(", call.group(1))
            return
        if text[at] in "ubrfUBRF" and text[at + 1 : at + 2] in ("'", '"'):
            self._note("string prefix", text[at], "")
            if text[at] in "fFrR":
                self.doubts.append("a string that a program would change")
            self.at += 1
            self._string(frame, role)
            return
        self._bare(frame, role)

    def _keyword(self, frame: Frame) -> bool:
        """The name of an argument of a call: the sign behind it makes it a key."""
        found = KEY_AHEAD.match(self.text, self.at, self.end)
        if found is None or found.group(4) is None or self.text[found.end() - 1] != "=" or frame.ready:
            return False
        self.at = found.end(4)
        self._attach(frame, found.group(4).strip())
        return True

    def _continues(self, at: int, role: str) -> bool:
        """Whether more of the same value stands behind a number: "1,234" in an object, "12.50 USD"."""
        match = SPACE.match(self.text, at, min(self.end, at + 200))
        place = match.end() if match else at
        if place >= self.end or "\n" in self.text[at:place] or self.text[place] in "}]);":
            return False
        if self.text[place] == ",":
            return role == "member" and self.text[place + 1 : place + 2].isdigit()
        return (
            not self.text.startswith(("//", "/*", "#", "```", "</", "<|", '"', "'"), place)
            and "#" not in self.text[at:place]
        )

    def _bare(self, frame: Frame, role: str) -> None:
        text, at = self.text, self.at
        place = at
        while True:
            found = BARE_END.search(text, place, self.end)
            if found is None:
                stop = self.end
                break
            stop, char = found.start(), found.group()
            if stop > at + _LONGEST_WORDS:
                self.doubts.append("words without quotes that go on and on")
                stop = self.end
                break
            if char in ",;" and role == "member" and not self._member_behind(stop + 1):
                place = stop + 1
                continue
            if char == ")" and not any(one.opened == "(" for one in self.frames):
                place = stop + 1
                continue
            if char == "]" and not any(one.opened == "[" for one in self.frames):
                place = stop + 1
                continue
            break
        words = text[at:stop].strip()
        self.at = max(stop, at + (not words))
        if not words or words.startswith("\\"):
            self.doubts.append(f"{text[at]!r} where a value is expected")
            return
        if words[-1] == '"' and words.count('"') == 1 and len(words) > 1:
            self._note("quote", "", '"')
            self._attach(frame, words[:-1])
            return
        if _VALUES.fullmatch(words):
            self.doubts.append("values without commas")
        if '"' in words:
            self.doubts.append("quotes within words without quotes")
        kind = CutBare if stop >= self.end else Bare
        self._note("quotes", words, f'"{words}"')
        self._attach(frame, kind(words))

    def _member_behind(self, at: int) -> bool:
        """Whether a comma in words without quotes ends them: a key, or the end, is behind it."""
        match = SPACE.match(self.text, at, min(self.end, at + 200))
        place = match.end() if match else at
        if place >= self.end or self.text[place] in "}]),\"'":
            return True
        return KEY_AHEAD.match(self.text, place, self.end) is not None
