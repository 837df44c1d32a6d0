"""How cells of a terminal look in a theme: the sixteen colours, contrast, the filters of the application."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.color import ColorParseError
from textual.filter import LineFilter

from tui.core.terminal import CellStyle
from tui.core.terminal import Color as CellColor
from tui.ui.render.palette import readable

Triplet: TypeAlias = tuple[int, int, int]

_MIN_CONTRAST: Final = 3.0
"""For the sixteen colours on the terminal's own background; programs choose them without knowing it."""
_BRIGHTER: Final = 0.35
_DEEPER: Final = 0.45
_SIXTEEN: Final = 16
_CUBE: Final = (0, 95, 135, 175, 215, 255)
_MOST_STYLES: Final = 4_096
_VARIABLES: Final[Mapping[int, str]] = {1: "state-bad", 2: "state-ok", 3: "state-warn", 4: "state-busy"}
_MAGENTA: Final = "pane-compatible"
_FALLBACK: Final[Sequence[Triplet]] = (
    (40, 42, 48), (240, 140, 140), (143, 197, 138), (229, 192, 123), (138, 180, 240), (201, 167, 227),
    (127, 200, 200), (200, 204, 212),
)  # fmt: skip


def mix(one: Triplet, other: Triplet, share: float) -> Triplet:
    """Return `one` with a share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def theme_palette(variables: Mapping[str, str], foreground: Triplet, background: Triplet) -> tuple[Triplet, ...]:
    """Return the sixteen colours a theme's own words for good, bad and busy give."""
    dark = sum(background) < sum(foreground)
    low, high = (background, foreground) if dark else (foreground, background)
    normal = [_variable(variables, _VARIABLES.get(number, ""), _FALLBACK[number]) for number in range(8)]
    normal[0] = mix(low, high, 0.15)
    normal[5] = _variable(variables, _MAGENTA, _FALLBACK[5])
    normal[6] = mix(normal[2], normal[4], 0.5)
    normal[7] = mix(high, low, 0.2)
    bright = [mix(color, foreground if dark else low, _BRIGHTER) for color in normal]
    bright[0] = mix(low, high, 0.45)
    bright[7] = high
    return (*normal, *bright)


def back_palette(palette: Sequence[Triplet], foreground: Triplet, background: Triplet) -> tuple[Triplet, ...]:
    """Return the sixteen colours as backgrounds: on dark themes deeper, so that light text can be read on them."""
    if sum(background) > sum(foreground):
        return tuple(palette)
    return tuple(mix(color, background, _DEEPER) if 1 <= number <= 6 else color for number, color in enumerate(palette))


def _is_named(color: CellColor) -> bool:
    return isinstance(color, int) and color < _SIXTEEN


def _variable(variables: Mapping[str, str], name: str, otherwise: Triplet) -> Triplet:
    try:
        color = TextualColor.parse(variables.get(name, ""))
    except ColorParseError:
        return otherwise
    return otherwise if color.ansi is not None else (color.r, color.g, color.b)


def fixed_color(number: int) -> Triplet:
    """Return a colour from 16 to 255: a cube of colours, then greys."""
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return grey, grey, grey
    number -= _SIXTEEN
    return _CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6]


class Look:
    """Turns the style of a cell into that of the screen; a look belongs to one theme.

    With `native`, the screen's own sixteen colours are used as they are.
    """

    def __init__(
        self,
        base: Style,
        selection: Style,
        accent: Style,
        variables: Mapping[str, str],
        filters: Sequence[LineFilter],
        background: TextualColor,
        *,
        native: bool,
    ) -> None:
        self._filters = tuple(filters)
        self._background = background
        self._native = native
        self._own = base
        self.foreground = _triplet(base.color, (224, 224, 224))
        self.background = _triplet(base.bgcolor, (18, 18, 18))
        self.palette = theme_palette(variables, self.foreground, self.background)
        self.back_palette = back_palette(self.palette, self.foreground, self.background)
        self._styles: dict[CellStyle, Style] = {}
        self.base = self._filtered(base)
        self.selection = self._filtered(base + selection)
        self.match = self._filtered(base + accent + Style(reverse=True))
        self.block = Style(reverse=True)
        self.resting = self._filtered(Style(bgcolor=Color.from_triplet(ColorTriplet(*self._resting()))))
        self.underline = Style(underline=True, bold=True)
        self.key = (base, selection, accent, self.palette, native, self._filters)

    def _resting(self) -> Triplet:
        return mix(self.background, self.foreground, 0.35)

    def style(self, cell: CellStyle) -> Style:
        """Return how a cell is painted."""
        found = self._styles.get(cell)
        if found is None:
            if len(self._styles) > _MOST_STYLES:
                self._styles.clear()
            found = self._styles[cell] = self._filtered(self._make(cell))
        return found

    def _make(self, cell: CellStyle) -> Style:
        color, back = self._colors(cell.fg, cell.bg)
        return Style(
            color=color,
            bgcolor=back,
            bold=cell.bold or None,
            dim=cell.dim or None,
            italic=cell.italic or None,
            underline=cell.underline or bool(cell.link) or None,
            blink=cell.blink or None,
            reverse=cell.reverse or None,
            strike=cell.strike or None,
            overline=cell.overline or None,
        )

    def _colors(self, fg: CellColor, bg: CellColor) -> tuple[Color | None, Color | None]:
        """Return both colours; one of the sixteen gives way where it could not be read on the other."""
        if self._native:
            return self._native_color(fg) or self._own.color, self._native_color(bg) or self._own.bgcolor
        back = self.background if bg is None else self._triplet(bg, self.back_palette)
        front = self.foreground if fg is None else self._triplet(fg, self.palette)
        if _is_named(fg) or (fg is None and _is_named(bg)):
            front = readable(ColorTriplet(*front), ColorTriplet(*back), _MIN_CONTRAST)
        color = self._own.color if fg is None and bg is None else Color.from_rgb(*front)
        return color, self._own.bgcolor if bg is None else Color.from_rgb(*back)

    def _triplet(self, color: int | Triplet, palette: Sequence[Triplet]) -> Triplet:
        if isinstance(color, tuple):
            return color
        return palette[max(color, 0)] if color < _SIXTEEN else fixed_color(min(color, 255))

    def _native_color(self, color: CellColor) -> Color | None:
        if isinstance(color, int) and color < _SIXTEEN:
            return Color.from_ansi(max(color, 0))
        return None if color is None else Color.from_rgb(*self._triplet(color, self.palette))

    def _filtered(self, style: Style) -> Style:
        segments = [Segment("x", style)]
        for line_filter in self._filters:
            segments = line_filter.apply(segments, self._background)
        return segments[0].style or style


def _triplet(color: Color | None, otherwise: Triplet) -> Triplet:
    if color is None or color.is_default:
        return otherwise
    red, green, blue = color.get_truecolor()
    return red, green, blue
