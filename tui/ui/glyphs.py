"""The characters states and controls are drawn with: one set for today's terminals, one that is ASCII only.

Every state has a sign and a word, so nothing depends on colour. Signs such as the filled circle have an "ambiguous"
width in Unicode: terminals of Chinese, Japanese and Korean users may draw them two cells wide, which breaks the
layout, hence the second set.
"""

from collections.abc import Mapping
from typing import Final

from tui.config.model import Glyphs as GlyphSetting
from tui.core.record import Record, record

_CJK_LANGUAGES: Final = frozenset({"zh", "ja", "ko"})
_UTF8: Final = frozenset({"utf-8", "utf8"})


@record
class Glyphs(Record):
    """A set of drawing characters; each takes one cell."""

    ascii: bool
    connecting: str
    idle: str
    waiting: str
    thinking: str
    answering: str
    done: str
    stopped: str
    failed: str
    limited: str
    rang: str
    offline: str
    fold_open: str
    fold_closed: str
    prompt_mark: str
    branch: str
    bullets: tuple[str, ...]
    separator: str
    vertical: str
    horizontal: str
    circuit_closed: str
    circuit_half_open: str
    circuit_open: str
    circuit_disabled: str
    bar_spent: str
    bar_held: str
    bar_free: str
    levels: tuple[str, ...]


UNICODE: Final = Glyphs(
    ascii=False,
    connecting="◌",
    idle="○",
    waiting="◔",
    thinking="◐",
    answering="●",
    done="✓",
    stopped="■",
    failed="✗",
    limited="▲",
    rang="♪",
    offline="⊘",
    fold_open="▾",
    fold_closed="▸",
    prompt_mark="❯",
    branch="⎇",
    bullets=("•", "◦", "▪"),
    separator="·",
    vertical="│",
    horizontal="─",
    circuit_closed="◆",
    circuit_half_open="◈",
    circuit_open="◇",
    circuit_disabled="⊗",
    bar_spent="━",
    bar_held="╍",
    bar_free="─",
    levels=("▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"),
)

ASCII: Final = Glyphs(
    ascii=True,
    connecting=".",
    idle="-",
    waiting=":",
    thinking="~",
    answering="*",
    done="+",
    stopped="#",
    failed="x",
    limited="!",
    rang="&",
    offline="/",
    fold_open="v",
    fold_closed=">",
    prompt_mark=">",
    branch="@",
    bullets=("*", "-", "+"),
    separator="|",
    vertical="|",
    horizontal="-",
    circuit_closed="=",
    circuit_half_open="%",
    circuit_open="o",
    circuit_disabled="0",
    bar_spent="#",
    bar_held="+",
    bar_free="-",
    levels=("_", ".", ":", "-", "=", "+", "*", "#"),
)


def choose_glyphs(setting: GlyphSetting, environ: Mapping[str, str], probe_width: int | None = None) -> Glyphs:
    """Return the set to draw with.

    `probe_width` is how many cells the terminal gives to an ambiguous character (1 or 2), None if it was not asked
    or did not answer. The environment decides only for `auto`.
    """
    match setting:
        case GlyphSetting.UNICODE:
            return UNICODE
        case GlyphSetting.ASCII:
            return ASCII
        case GlyphSetting.AUTO:
            wide = is_cjk_locale(environ) and probe_width == 2
            return ASCII if wide or not _takes_unicode(environ) else UNICODE


def needs_probe(setting: GlyphSetting, environ: Mapping[str, str]) -> bool:
    """Tell whether `choose_glyphs` would look at the width the terminal draws."""
    return setting is GlyphSetting.AUTO and is_cjk_locale(environ) and _takes_unicode(environ)


def is_cjk_locale(environ: Mapping[str, str]) -> bool:
    """Tell whether the locale of characters is Chinese, Japanese or Korean."""
    return _locale(environ).partition("_")[0].partition(".")[0].lower() in _CJK_LANGUAGES


def _takes_unicode(environ: Mapping[str, str]) -> bool:
    """A locale that names a character set other than UTF-8 belongs to a terminal that cannot show the signs."""
    charset = _locale(environ).partition("@")[0].partition(".")[2].lower()
    return not charset or charset in _UTF8


def _locale(environ: Mapping[str, str]) -> str:
    return environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
