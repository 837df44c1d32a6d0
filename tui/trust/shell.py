"""The grammar's reading of a command, to hold against our own: tree-sitter and its grammar of bash, loaded when needed.

The grammar alone is not enough: it takes words as they are written, and lets some forms pass in silence. Our own
reader alone would be one opinion. A command passes unasked only where both agree.
"""

import re
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from tui.trust.reader import Reading

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_Span: TypeAlias = tuple[int, int]
_PLAIN: Final = frozenset(
    (
        "program", "list", "pipeline", "command", "command_name", "word", "string", "string_content", "raw_string",
        "number", "concatenation", "redirected_statement", "file_redirect", "file_descriptor",
    )
)  # fmt: skip
_ESCAPED_BLANKS: Final = re.compile(rb"(?:\\[ \t\n])+")
_LEAVES: Final = frozenset(("word", "string", "raw_string", "number", "concatenation"))
NO_PARSER: Final = "Commands cannot be read here: the parser is not installed."
ERROR: Final = "It is not a well-formed command."
OTHER: Final = "It uses more of the shell than can be judged."
DISAGREE: Final = "It can be read in two ways."


def check_reading(source: str, reading: Reading) -> str:
    """Return one sentence about why the grammar does not confirm a reading, or nothing when it does."""
    parser = _parser()
    if parser is None:
        return NO_PARSER
    encoded = source.encode("utf-8", "surrogatepass")
    tree = parser.parse(encoded)
    if tree.root_node.has_error:
        return ERROR
    theirs = _Spans(encoded)
    if not theirs.collect(tree.root_node):
        return OTHER
    at = _offsets(source, encoded)
    words = [[(at(start), at(end)) for start, end in each.spans] for each in reading.commands if each.words]
    targets = [(at(start), at(end)) for each in reading.commands for start, end in each.targets]
    alike = len(words) == len(theirs.words) and all(map(theirs.alike, words, theirs.words))
    return "" if alike and theirs.alike(targets, sorted(theirs.targets)) else DISAGREE


def parser_version() -> str:
    """Return the versions of parser and grammar, or nothing when commands cannot be read."""
    if _parser() is None:
        return ""
    from importlib.metadata import version

    return f"tree-sitter {version('tree-sitter')}, tree-sitter-bash {version('tree-sitter-bash')}"


@cache
def _parser() -> "Parser | None":
    try:
        import tree_sitter
        import tree_sitter_bash
    except ImportError:
        return None
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _Spans:
    """Where the grammar sees words, command by command, and targets of redirections."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.words: list[list[_Span]] = []
        self.targets: list[_Span] = []

    def collect(self, root: "Node") -> bool:
        """Gather the spans below `root`; False when there is a kind of node that is not plain."""
        pending: list[tuple[Node, list[_Span] | None]] = [(root, None)]
        while pending:
            node, spans = pending.pop()
            if not node.is_named:
                continue
            if node.type not in _PLAIN or node.is_missing:
                return False
            if node.type in _LEAVES:
                if spans is None or not _plain_below(node):
                    return False
                self._add(spans, node.start_byte, node.end_byte)
                continue
            if node.type == "command":
                spans = []
                self.words.append(spans)
            elif node.type == "file_redirect":
                spans = self.targets
            pending.extend((child, spans) for child in reversed(node.children))
        return True

    def alike(self, ours: list[_Span], theirs: list[_Span]) -> bool:
        """Tell whether both readings see the same words, but for escaped blanks, which the grammar takes for blanks."""
        return len(ours) == len(theirs) and all(
            self._is_blank(start, other_start) and self._is_blank(other_end, end)
            for (start, end), (other_start, other_end) in zip(ours, theirs, strict=True)
        )

    def _add(self, spans: list[_Span], start: int, end: int) -> None:
        """Add a word; what touches the word before it is a part of that, which the grammar does not always see."""
        if spans and spans[-1][1] <= start and self._is_blank(spans[-1][1], start):
            start = spans.pop()[0]
        spans.append((start, end))

    def _is_blank(self, start: int, end: int) -> bool:
        return start == end or (start < end and _ESCAPED_BLANKS.fullmatch(self._source, start, end) is not None)


def _plain_below(node: "Node") -> bool:
    pending = list(node.children)
    while pending:
        child = pending.pop()
        if child.is_named and child.type not in _PLAIN:
            return False
        pending.extend(child.children)
    return True


def _offsets(source: str, encoded: bytes) -> Callable[[int], int]:
    """Return what leads from an index in the text to one in its bytes."""
    if len(encoded) == len(source):
        return int
    table = [0, *accumulate(len(each.encode("utf-8", "surrogatepass")) for each in source)]
    return table.__getitem__
