"""What the tests of the streaming pane share: a palette without an application, documents, and a reading of rows."""

from collections.abc import Iterable

from rich.style import Style

from tui.ui.render.palette import ROLES, Glyphs, Palette
from tui.ui.render.rows import Row
from tui.ui.view.document import SectionKind
from tui.ui.widgets.stream_layout import StreamLayout


def palette_for_tests() -> Palette:
    """Return a palette in which every role has a colour of its own."""
    base = Style(color="#e0e0e0", bgcolor="#121212")
    roles = {role: Style(color=f"color({number + 20})", bgcolor="#121212") for number, role in enumerate(ROLES)}
    attributes = {name: Style.parse(name) for name in ("bold", "italic", "underline", "strike")}
    return Palette(base, roles, attributes, Style(reverse=True), ("test",))


def make_layout(width: int = 40, height: int = 20, glyphs: Glyphs | None = None) -> StreamLayout:
    """Return a layout of this size, ready to render."""
    layout = StreamLayout(glyphs or Glyphs())
    layout.restyle(palette_for_tests())
    layout.resize(width, height)
    return layout


def all_rows(layout: StreamLayout) -> list[Row]:
    """Return every row of the document, rendered."""
    layout.window()
    return [row for _, _, row in layout.rows_from(0, 0)]


def shown(rows: Iterable[Row]) -> list[tuple[object, ...]]:
    """Return what can be seen and copied of rows: text, styles, decoration, joints."""
    return [(row.text, tuple((s.text, s.style) for s in row.body), row.lead, row.joint) for row in rows]


def texts(rows: Iterable[Row]) -> list[str]:
    """Return the text of rows without the blank end."""
    return [row.text.rstrip() for row in rows]


def stream(text: str, size: int, *, width: int = 40, kind: SectionKind = SectionKind.ANSWER) -> StreamLayout:
    """Stream `text` in pieces of `size` characters (0: at once), looking at it all the time, and end it."""
    layout = make_layout(width)
    layout.begin(kind, "")
    step = size or max(1, len(text))
    for start in range(0, len(text), step):
        layout.append(text[start : start + step])
        if size:
            layout.window()
    layout.end("")
    return layout


def render(text: str, width: int = 40, kind: SectionKind = SectionKind.ANSWER) -> list[str]:
    """Return the rows of a finished text."""
    return texts(all_rows(stream(text, 0, width=width, kind=kind)))
