"""The styles of a pane, made from its theme: text that can be read on the pane's own background."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final

from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

from tui.core.record import Mutable, Record, mutable, record

MIN_CONTRAST: Final = 4.5
MIN_CONTRAST_LINES: Final = 2.0
"""For frames, bars and rules, which carry no words."""

TEXT_ROLES: Final = (
    "heading-1", "heading-2", "heading-3", "heading-4", "code", "code-block", "code-label", "link", "url", "quote",
    "bullet", "table-head", "prompt", "thinking", "tool", "notice", "error",
    "token-keyword", "token-name", "token-string", "token-number", "token-comment", "token-type",
    "token-inserted", "token-deleted",
)  # fmt: skip
LINE_ROLES: Final = ("frame", "prompt-bar", "quote-bar", "thumb")
ROLES: Final = TEXT_ROLES + LINE_ROLES
QUIET_ROLES: Final = frozenset(
    {"thinking", "url", "quote", "token-comment", "code-label", "frame", "quote-bar", "thumb"}
)
"""Dim where the terminal's own colours are used, which have no shades."""
_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "heading-1": ("text-primary", "bold underline"),
    "heading-2": ("text-primary", "bold"),
    "heading-3": ("text-secondary", "bold"),
    "heading-4": ("text-secondary", "italic"),
    "code": ("text-accent", ""),
    "code-block": ("code-name", ""),
    "code-label": ("muted", ""),
    "link": ("text-primary", "underline"),
    "url": ("muted", ""),
    "quote": ("muted", "italic"),
    "bullet": ("text-accent", ""),
    "table-head": ("", "bold"),
    "prompt": ("foreground", "bold"),
    "thinking": ("thinking", ""),
    "tool": ("text-secondary", ""),
    "notice": ("text-warning", ""),
    "error": ("text-error", ""),
    "token-keyword": ("code-keyword", ""),
    "token-name": ("code-function", ""),
    "token-string": ("code-string", ""),
    "token-number": ("code-number", ""),
    "token-comment": ("code-comment", "italic"),
    "token-type": ("text-accent", ""),
    "token-inserted": ("text-success", ""),
    "token-deleted": ("text-error", ""),
    "frame": ("foreground 35%", ""),
    "prompt-bar": ("prompt-mark", ""),
    "quote-bar": ("foreground 35%", ""),
    "thumb": ("foreground 40%", ""),
}
"""The variable of the theme that colours a role, how much of it over the background, and attributes.

They are looked up here and not by component classes: Textual matches those one by one against every rule, for every
pane and each time a pane gets the focus, which took a tenth of the time to the first frame.
"""
_FOCUSED_THUMB: Final = ("primary", "")
_SUBSTITUTES: Final = {
    "code-keyword": "text-primary",
    "code-function": "text-secondary",
    "code-string": "text-success",
    "code-number": "text-warning",
    "code-comment": "text-muted",
    "code-name": "foreground",
    "thinking": "text-muted",
    "prompt-mark": "primary",
    "muted": "text-muted",
}
"""Textual's own variables for those only our themes have."""


def role_looks(
    base: Style, variables: Mapping[str, str], background: TextualColor, *, focused: bool
) -> tuple[Style, ...]:
    """Return how each of `ROLES` looks with a theme's variables in a pane of the style `base` on `background`."""
    looks = {**_LOOKS, "thumb": _FOCUSED_THUMB} if focused else _LOOKS
    return tuple(base + _look(*looks[role], variables, background) for role in ROLES)


def _look(name: str, attributes: str, variables: Mapping[str, str], background: TextualColor) -> Style:
    style = Style.parse(attributes)
    name, _, share = name.partition(" ")
    value = variables.get(name) or variables.get(_SUBSTITUTES.get(name, ""))
    if not value:
        return style
    value, _, own_share = value.partition(" ")
    part = float((share or own_share or "100%").rstrip("%")) / 100
    color = background.get_contrast_text(part) if value == "auto" else TextualColor.parse(value).multiply_alpha(part)
    return style + Style(color=(background + color).rich_color)


def _luminance(color: ColorTriplet) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)


def contrast(first: ColorTriplet, second: ColorTriplet) -> float:
    """Return the WCAG contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(color: ColorTriplet, background: ColorTriplet, ratio: float = MIN_CONTRAST) -> ColorTriplet:
    """Return `color`, moved towards black or white only as far as the contrast asks for."""
    if contrast(color, background) >= ratio:
        return color
    white, black = ColorTriplet(255, 255, 255), ColorTriplet(0, 0, 0)
    target = white if contrast(white, background) >= contrast(black, background) else black
    for step in range(1, 21):
        share = step / 20
        mixed = ColorTriplet(*(round(a + (b - a) * share) for a, b in zip(color, target, strict=True)))
        if contrast(mixed, background) >= ratio:
            return mixed
    return target


@record(kw_only=False)
class Glyphs(Record):
    """The drawing characters; every one takes exactly one cell."""

    bullets: str = "•◦▪"
    bar: str = "│"
    quote_bar: str = "▎"
    prompt_bar: str = "▌"
    corner_top: str = "╭─"
    corner_bottom: str = "╰─"
    rule: str = "─"
    cross: str = "┼"
    done: str = "☑"
    not_done: str = "☐"
    folded: str = "▸"
    unfolded: str = "▾"
    ok: str = "✓"
    running: str = "●"
    waiting: str = "◔"
    asks: str = "?"
    stopped: str = "■"
    notice: str = "•"
    error: str = "✗"
    thumb: str = "▐"
    dot: str = "·"
    ellipsis: str = "…"


ASCII_GLYPHS: Final = Glyphs(
    bullets="*-+", bar="|", quote_bar="|", prompt_bar=">", corner_top="+-", corner_bottom="+-", rule="-", cross="+",
    done="x", not_done="o", folded=">", unfolded="v", ok="+", running="*", waiting=":", asks="?", stopped="#",
    notice="i", error="!", thumb="#", dot="-", ellipsis="~",
)  # fmt: skip


@mutable
class Palette(Mutable):
    """Final rich styles, foreground and background set, filters of the application already applied."""

    base: Style
    roles: dict[str, Style]
    attributes: dict[str, Style]
    selection: Style
    key: tuple[object, ...]
    mixed: dict[tuple[Style, Style], Style] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Style:
        return self.roles[role]

    def muted(self) -> "Palette":
        """Return a copy whose ordinary text has the style of thinking."""
        roles = dict(self.roles)
        thinking = roles["thinking"]
        for role in TEXT_ROLES:
            if role.startswith(("heading", "quote", "table", "bullet", "code", "token", "link", "url")):
                roles[role] = Style.combine((roles[role], Style(color=thinking.color)))
        return Palette(thinking, roles, self.attributes, self.selection, (*self.key, "muted"))


def _triplet(color: Color | None) -> ColorTriplet | None:
    return color.triplet if color is not None and color.type is ColorType.TRUECOLOR else None


def _legible(style: Style, base: Style, ratio: float, *, quiet: bool = False) -> Style:
    """Return the role's style on the pane's background, with enough contrast where it can be computed."""
    color = style.color or base.color
    own, background = _triplet(color), _triplet(base.bgcolor)
    if own is not None and background is not None:
        color = Color.from_triplet(readable(own, background, ratio))
    return Style(
        color=color,
        bgcolor=base.bgcolor,
        bold=style.bold or None,
        italic=style.italic or None,
        underline=style.underline or None,
        strike=style.strike or None,
        dim=(style.dim or quiet or None) if own is None else None,
    )


def build_palette(
    base: Style,
    role_style: Callable[[str], Style],
    selection: Style,
    filters: Sequence[LineFilter],
    background: TextualColor,
) -> Palette:
    """Make a palette from the pane's base style and its component styles (`role_style("code")`)."""

    def filtered(style: Style) -> Style:
        segments = [Segment("x", style)]
        for line_filter in filters:
            segments = line_filter.apply(segments, background)
        return segments[0].style or Style.null()

    base = _legible(base, base, MIN_CONTRAST)
    roles: dict[str, Style] = {}
    for role in ROLES:
        ratio = MIN_CONTRAST_LINES if role in LINE_ROLES else MIN_CONTRAST
        roles[role] = filtered(_legible(role_style(role), base, ratio, quiet=role in QUIET_ROLES))
    attributes = {name: Style.parse(name) for name in ("bold", "italic", "underline", "strike")}
    final = filtered(base)
    return Palette(final, roles, attributes, filtered(selection), (final, *roles.values(), filtered(selection)))
