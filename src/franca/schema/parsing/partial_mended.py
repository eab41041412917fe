"""Text that is nearly JSON, read piece by piece with the tolerant scanner.

The scanner looks ahead. So a step counts only when what stands behind it can no longer change how it was read; the
others are taken back and made again when there is more text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Any

from .brackets import Frame, TooDeep
from .nodes import Bare, Items, Members, Run, clean_nodes
from .partial_places import is_text
from .partial_shown import Shown
from .scan import Scanner
from .strings import unescaped
from .tokens import CLOSING, SPACE

__all__ = ["Mended"]

_FAR = 200  # characters behind a step after which it counts in any case
_KEPT = 4_000  # characters that were read and are kept before they are cut off
_GUESSES = 4  # times the length of the text that guesses may look at, each of which looks at all of it
_EXTRA = 16  # times the length of the text that may be read again where a long string may have ended
# What comes behind a step, as far as it must be known: the closing brackets, and the token behind them with its end.
_SETTLED = re.compile(
    r"""[\s}\]),;]*+(?:
        "[^"\n]{0,160}+"\s*+[^\s"] | '[^'\n]{0,160}+'\s*+[^\s'] | [“”„][^“”"\n]{0,160}+[“”"]\s*+\S
      | [\w$*.-][\w\ $.*/-]{0,80}+["”]?\s*+[^\s\w"”$.*/:=-] | [\w$*-][\w\ $.*/-]{0,80}+["”]?\s*+[:=][^/=>]
      | [\[{(] | ``` | ~~~ | <[|/] )""",
    re.VERBOSE,
)
_BODY = {one: re.compile(rf"[^\\{last}]*+(?:\\.[^\\{last}]*+)*+", re.DOTALL) for one, last in CLOSING.items()}
_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2})?\Z")
_CLOSER = re.compile(r"""["'”}\])]""")
_UNSURE = " \t\r\n,;"


class _Link:
    """A level that is shown, and how many parts of its node it was told of."""

    __slots__ = ("node", "seen")

    def __init__(self, node: Items | Members) -> None:
        self.node = node
        self.seen = 0


class _Mark:
    """The scanner's state before a step."""

    __slots__ = ("at", "doubts", "frames", "notes", "repairs")

    def __init__(self, scanner: Scanner) -> None:
        self.at = scanner.at
        self.doubts = len(scanner.doubts)
        self.notes = len(scanner.notes)
        self.repairs = scanner.repairs
        self.frames = [_Kept(frame) for frame in scanner.frames]

    def restore(self, scanner: Scanner) -> None:
        scanner.at = self.at
        del scanner.doubts[self.doubts :]
        del scanner.notes[self.notes :]
        scanner.repairs = self.repairs
        scanner.frames[:] = [kept.restored() for kept in self.frames]


class _Kept:
    """A frame as it was."""

    __slots__ = ("count", "frame", "key", "last", "node", "parts", "ready", "separated", "tampered")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.node = node = frame.node
        self.key, self.ready, self.separated = frame.key, frame.ready, frame.separated
        self.tampered = isinstance(node, Members) and node.tampered
        self.parts: list[Any] = node.parts
        self.count = len(node.parts)
        self.last = node.parts[-1] if node.parts else None

    def restored(self) -> Frame:
        frame, node = self.frame, self.node
        frame.node = node
        frame.key, frame.ready, frame.separated = self.key, self.ready, self.separated
        if len(self.parts) < self.count:  # a key had been taken for an item
            self.parts.append(self.last)
        del self.parts[self.count :]
        node.parts = self.parts
        node.cut = False
        if isinstance(node, Members):
            node.tampered = self.tampered
        return frame


class Mended:
    """Reads one array or object. `over`: it is complete, and `stop` says where. `late`: nothing more is known of it
    before the end of the text."""

    def __init__(self, shown: Shown, names: Set[str], guess: Callable[[Scanner], bool], known: int) -> None:
        self.shown = shown
        self.scanner = Scanner("", 0, 0, names)
        self.over = False
        self.late = False
        self.at = 0
        """How far it was read for good."""
        self._known = known
        self.length = 0
        self._guess = guess
        """Told when the text, if it ends here, is complete: the scanner is as it is then. Whether that was shown."""
        self._guessed = 0
        self._wait = self._waited = 0
        self._links: list[_Link] = []
        self._rebuilt = 1
        self._begun: tuple[str | None, int] | None = None
        """Of a member or item that is not complete: its key, and where its value begins."""
        self._wrote = (0, "")

    def feed(self, piece: str) -> None:
        """Read on."""
        scanner = self.scanner
        self.length += len(piece)
        scanner.text += piece
        scanner.end = len(scanner.text)
        if self.length < self._wait:
            if self._waited > _EXTRA * self.length or _CLOSER.search(piece) is None:
                return
            self._waited += scanner.end - scanner.at
        try:
            if not self.length - len(piece):
                scanner._open(scanner.text[0])
                self.at = 1
            self._run()
        except TooDeep:
            self.late = True
        self.late = self.late or bool(scanner.doubts and not self.shown.salvage)
        if not self.late:
            self._tell()
        rest = scanner.end - scanner.at
        self._wait = self.length + (rest // 16 if rest > _KEPT else 0)
        if scanner.at > _KEPT:
            scanner.text = scanner.text[scanner.at :]
            scanner.at, scanner.end = 0, rest

    @property
    def caught_up(self) -> bool:
        """Whether all is told that was known before (as JSON, up to where it is none)."""
        return self.at >= self._known or self.over

    @property
    def begins_with_words(self) -> bool:
        """Whether its first item has no quotes: then it may be prose."""
        link = self._links[0].node if self._links else None
        return isinstance(link, Items) and isinstance(link.parts[0] if link.parts else None, Bare)

    @property
    def rest(self) -> str:
        """What was not read."""
        return self.scanner.text[self.scanner.at :]

    def _run(self) -> None:
        scanner = self.scanner
        while scanner.frames:
            mark = _Mark(scanner)
            self._begun = None
            ended, sure = self._unit()
            if not (sure or self._settled()):
                self._look(ended)
                mark.restore(scanner)
                break
            self.at += scanner.at - mark.at
        self.over = not scanner.frames

    def _unit(self) -> tuple[bool, bool]:
        """One step, a key together with its value. Whether the end of the text decided it, and whether it counts
        whatever comes: a bracket was opened, or JSON was taken as it stands."""
        scanner = self.scanner
        depth, top = len(scanner.frames), scanner.frames[-1]
        count = len(top.node.parts)
        if isinstance(top.node, Items) and top.separated:
            self._begun = (None, scanner.at)
        ended = self._step()
        if not ended and depth == len(scanner.frames) and top.ready:
            self._begun = (top.key, scanner.at)
            ended = self._step()
        if len(scanner.frames) == depth + 1:
            top = scanner.frames[-1]
            return ended, top.opened in "{[" and not top.node.name
        parts = top.node.parts
        return ended, len(parts) > count and isinstance(parts[-1], Run)

    def _step(self) -> bool:
        """One step of the scanner. Whether the end of the text decided it."""
        scanner = self.scanner
        top = scanner.frames[-1]
        scanner._space()
        if scanner._over():
            ended = scanner.at >= scanner.end
            scanner._give_up()
            return ended
        if isinstance(top.node, Members):
            scanner._member(top, top.node)
        else:
            scanner._item(top, top.node)
        return False

    def _settled(self) -> bool:
        scanner = self.scanner
        return scanner.end - scanner.at > _FAR or _SETTLED.match(scanner.text, scanner.at) is not None

    def _look(self, ended: bool) -> None:
        """Go on to the end of what is there: it may be complete."""
        scanner = self.scanner
        while scanner.frames and not ended:
            ended = self._step()
        if not ended and self._guessed < _GUESSES * self.length + _KEPT * 10:
            self._guessed += self.length
            if self._guess(scanner):
                self._known = self.length

    # --- what was read for good is told

    def _tell(self) -> None:
        try:
            self._sync()
        except LookupError:  # something that was told turned out to be something else
            if self.at < 2 * self._rebuilt:
                self.late = True
                return
            self._rebuilt = self.at
            self.shown = self.shown.again()
            self._links = []
            self._sync()

    def _sync(self) -> None:
        frames = self.scanner.frames
        same = 0
        while same < min(len(frames), len(self._links)) and self._links[same].node is frames[same].node:
            same += 1
        if not same and self._links:
            if frames:
                raise LookupError
            same = 1
        while len(self._links) > same:
            self._close()
        for depth in range(max(0, same - 1), len(frames)):
            if depth >= len(self._links):
                self._push(frames, depth)
            self._catch_up(self._links[-1])
        if not frames:
            for link in self._links:
                self._catch_up(link)
        self._unfinished()

    def _unfinished(self) -> None:
        """Show the string that has begun, as far as it is one under every reading."""
        if self._begun is None or not self.scanner.frames:
            return
        scanner = self.scanner
        key, at = self._begun
        match = SPACE.match(scanner.text, at)
        at = match.end() if match else at
        quote = scanner.text[at : at + 1]
        if quote not in _BODY:
            return
        self.shown.key(key)
        body = _BODY[quote].match(scanner.text, at + 1)
        words = unescaped(_BEGUN.sub("", body.group() if body else ""))[0].rstrip(_UNSURE)
        if words and is_text(words) and self.shown.write(lambda: words, words) and (self.at, words) != self._wrote:
            self._wrote = (self.at, words)
            self.shown.wrote()

    def _close(self) -> None:
        self._catch_up(self._links.pop())
        parent = self._links[-1]
        part = parent.node.parts[parent.seen]
        parent.seen += 1
        node = part[1] if isinstance(parent.node, Members) else part
        self.shown.close(lambda level: node)

    def _push(self, frames: list[Frame], depth: int) -> None:
        frame = frames[depth]
        if depth:
            self.shown.key(frames[depth - 1].key)
        kind = "{" if isinstance(frame.node, Members) else "["
        self.shown.open(kind, known=frame.opened != "(")
        self._links.append(_Link(frame.node))

    def _catch_up(self, link: _Link) -> None:
        """Tell of the parts that are complete."""
        if link.seen > len(link.node.parts):
            raise LookupError
        for part in link.node.parts[link.seen :]:
            if isinstance(part, Run):
                self._take_run(link.node, part)
            elif isinstance(link.node, Members):
                self.shown.part(*part)
            else:
                self.shown.take(part)
        link.seen = len(link.node.parts)

    def _take_run(self, holder: Items | Members, run: Run) -> None:
        if isinstance(holder, Members):
            for key, node in clean_nodes(f"{{{run}}}").pairs():
                self.shown.part(key, node)
        else:
            for node in clean_nodes(f"[{run}]").parts:
                self.shown.take(node)
