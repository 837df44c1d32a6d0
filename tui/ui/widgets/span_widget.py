"""The base of every one-glance line on the screen: heads, strips, tabs, the rail.

A subclass says what its lines are; only rows that changed since are painted again. No markup is ever parsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from time import monotonic
from typing import ClassVar, Final

from rich.color import ColorParseError as RichColorParseError
from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.core.record import Mutable, mutable
from tui.ui.glyphs import UNICODE, Glyphs
from tui.ui.view.format import Line, Tone
from tui.ui.view.state import SessionView


@mutable
class Stage(Mutable):
    """What every line widget looks at: the view, the glyphs to draw with, and the time in monotonic seconds.

    `keys` names the key that runs an action, where the focus is now; `typed_at` is when a person last typed.
    """

    view: SessionView = field(default_factory=SessionView)
    glyphs: Glyphs = UNICODE
    now: Callable[[], float] = monotonic
    keys: Mapping[str, str] = field(default_factory=dict)
    typed_at: float = float("-inf")


_VARIABLES: Final[Mapping[Tone, str]] = {
    Tone.MUTED: "muted",
    Tone.FRAME: "panel",
    Tone.ACCENT: "accent",
    Tone.MARK: "accent",
    Tone.FLAG: "state-warn",
    Tone.BADGE: "muted",
    Tone.OK: "state-ok",
    Tone.BUSY: "state-busy",
    Tone.WARN: "state-warn",
    Tone.BAD: "state-bad",
    Tone.ANTHROPIC: "pane-anthropic",
    Tone.OPENAI: "pane-openai",
    Tone.GEMINI: "pane-gemini",
    Tone.COMPATIBLE: "pane-compatible",
}
_REVERSED: Final = frozenset({Tone.MARK, Tone.FLAG})
_BOLD: Final = frozenset(
    {Tone.STRONG, Tone.MARK, Tone.FLAG, Tone.ACCENT, Tone.ANTHROPIC, Tone.OPENAI, Tone.GEMINI, Tone.COMPATIBLE}
)


def tone_style(tone: Tone, variables: Mapping[str, str]) -> Style:
    """Return how a tone looks with a theme's variables; a colour that cannot be read is left to the terminal."""
    color = None
    name = _VARIABLES.get(tone)
    if name is not None:
        try:
            color = Color.parse(variables.get(name, "")).rich_color
        except (ColorParseError, RichColorParseError):
            color = None
    return Style(color=color, bold=tone in _BOLD or None, reverse=tone in _REVERSED or None)


class SpanWidget(Widget, can_focus=False):
    """A widget made of lines of toned spans."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, stage: Stage, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.stage = stage
        self._shown: Sequence[Line] = ()
        self._shown_width = -1
        self._strips: dict[int, Strip] = {}
        self._filters: list[LineFilter] = []
        self._tones: dict[Tone, Style] = {}
        self._tones_of: Mapping[str, str] | None = None

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Return what to show now; subclasses implement this."""
        raise NotImplementedError

    def touch(self) -> None:
        """Look again, and paint the rows that changed."""
        width, height = self.size
        if not width or not height:
            return
        was, self._shown = self._shown, self.lines(width, height)
        if self._shown_width != width:
            self._shown_width = width
            self._strips.clear()
            self.refresh()
            return
        for row in range(min(height, max(len(was), len(self._shown)))):
            if was[row : row + 1] != self._shown[row : row + 1]:
                self._strips.pop(row, None)
                self.refresh(Region(0, row, width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return painted rows from a cache of our own.

        Textual asks every visible widget for its rows whenever any row of the screen changes; its styles cache
        looks up colours of all ancestors each time, which costs more than the rows themselves.
        """
        if self.gutter.totals != (0, 0):
            return super().render_lines(crop)
        width = self.size.width
        filters = list(self.get_line_filters())
        if filters != self._filters or width != self._shown_width:
            self._filters = filters
            self._strips.clear()
        strips = [self._strips.get(y) or self._paint(y) for y in crop.line_range]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _paint(self, y: int) -> Strip:
        strip = self.render_line(y)
        for line_filter in self._filters:
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        self._strips[y] = strip
        return strip

    def notify_style_update(self) -> None:
        """The theme or a class changed: colours are looked up again."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, height = self.size
        if self._shown_width != width:
            self._shown, self._shown_width = self.lines(width, height), width
        base = self.rich_style
        if y >= len(self._shown):
            return Strip.blank(width, base)
        segments = [Segment(text, base + self._tone(tone)) for text, tone in self._shown[y] if text]
        return Strip(segments).adjust_cell_length(width, base)

    def on_show(self) -> None:
        """What changed while nobody could see it is painted now."""
        self.touch()

    def on_resize(self) -> None:
        """The lines depend on the size."""
        self._shown_width = -1

    def _tone(self, tone: Tone) -> Style:
        variables = self.app.theme_variables
        if variables is not self._tones_of:
            self._tones_of, self._tones = variables, {}
        style = self._tones.get(tone)
        if style is None:
            style = self._tones[tone] = tone_style(tone, variables)
        return style
