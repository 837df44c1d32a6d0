"""Themes: TOML files, ours in `themes/` and the user's in the `themes` folder beside the configuration.

At start only the chosen theme is read; the others when somebody wants to choose. With NO_COLOR in the environment
(whatever its value) Textual turns every colour of any theme into a grey, so states always carry a word and a sign.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

import tui
from tui.config.files import parse, read_text
from tui.config.mistakes import ConfigError, Mistake, dotted, found, nearest
from tui.config.paths import config_dir, shown
from tui.core.errors import Problem, UsageError
from tui.core.record import Record, record

DEFAULT_THEME: Final = "llmmixer-dark"

_DARK: Final[Mapping[str, str]] = {
    "pane-anthropic": "#e5a582",
    "pane-openai": "#7fc8a9",
    "pane-gemini": "#95b5f5",
    "pane-compatible": "#c9a7e3",
    "state-ok": "#8fc58a",
    "state-busy": "#8ab4f0",
    "state-warn": "#e5c07b",
    "state-bad": "#f08c8c",
    "thinking": "#99a1af",
    "prompt-mark": "#e6b673",
    "muted": "#929aa8",
    "code-keyword": "#c9a7e3",
    "code-string": "#a6cb8e",
    "code-comment": "#8e97a5",
    "code-number": "#e5a582",
    "code-function": "#8ab4f0",
    "code-operator": "#a9b7d0",
    "code-name": "#d5d8de",
}
_LIGHT: Final[Mapping[str, str]] = {
    "pane-anthropic": "#9c461d",
    "pane-openai": "#1b6750",
    "pane-gemini": "#3154ad",
    "pane-compatible": "#763b99",
    "state-ok": "#2c6a35",
    "state-busy": "#2a5a9f",
    "state-warn": "#7a5000",
    "state-bad": "#ab2836",
    "thinking": "#5d626c",
    "prompt-mark": "#8f5410",
    "muted": "#5f646e",
    "code-keyword": "#763b99",
    "code-string": "#37651d",
    "code-comment": "#626771",
    "code-number": "#9c461d",
    "code-function": "#2a5a9f",
    "code-operator": "#454f67",
    "code-name": "#2b2d33",
}
VARIABLES: Final = tuple(_DARK)
"""The colours of our own that every theme of ours sets; another theme gets those of `variable_defaults`."""

_ANSI: Final[Mapping[str, str]] = dict.fromkeys(
    ("ansi-background", "ansi-foreground", "surface-active", "foreground-disabled"), "ansi_default"
)
"""Variables that style sheets of Textual use but that it leaves undefined for a theme with `ansi`."""

_COLORS: Final = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel",
    "boost",
)  # fmt: skip
_SUFFIX: Final = ".toml"
_MOST_LISTED: Final = 20
_STYLE_WORDS: Final = frozenset({"none", "not", "bold", "dim", "italic", "underline", "reverse", "strike"})
_SHARE: Final = re.compile(r" +\d{1,3}%$")


@record
class ThemeSet(Record):
    """All themes that could be read, and what is wrong with the others."""

    themes: tuple[Theme, ...]
    problems: tuple[Problem, ...]


def variable_defaults(*, dark: bool = True) -> dict[str, str]:
    """Return our own variables for a theme that lacks them: what `App.get_theme_variable_defaults` must return."""
    return dict(_DARK if dark else _LIGHT)


def theme_folder() -> Path:
    """Return the folder of the themes that come with the program: inside a wheel, beside the package in a checkout."""
    package = Path(tui.__file__).parent
    packaged = package / "themes"
    return packaged if packaged.is_dir() else package.parent / "themes"


def theme_files(environ: Mapping[str, str]) -> dict[str, Path]:
    """Return the file of every theme by name, without reading one; a user's theme replaces ours of that name."""
    return {path.stem: path for folder in (theme_folder(), config_dir(environ) / "themes") for path in _listed(folder)}


def load_theme(path: Path, name: str = "") -> Theme:
    """Return the theme of a file; `name` is how the file is shown in errors. Raises ConfigError with all of them."""
    name = name or str(path)
    text = read_text(path, name)
    if text is None:
        raise ConfigError([Mistake(name, "", "there is no such file")])
    raw = parse(text, name)
    mistakes = [*_check_top(raw, path.stem, name), *_check_colors(raw, name), *_check_variables(raw, name)]
    if mistakes:
        raise ConfigError(mistakes)
    colors, variables = raw["colors"], raw.get("variables", {})
    dark, ansi = raw.get("dark", True), raw.get("ansi", False)
    return Theme(
        name=path.stem,
        dark=dark,
        ansi=ansi,
        variables={**(_ANSI if ansi else {}), **variable_defaults(dark=dark), **variables},
        **colors,
    )


def load_themes(environ: Mapping[str, str]) -> ThemeSet:
    """Read every theme; a bad file is a problem, never the end."""
    themes: list[Theme] = []
    problems: list[Problem] = []
    for path in theme_files(environ).values():
        try:
            themes.append(load_theme(path, shown(path, environ)))
        except ConfigError as error:
            problems.append(error.problem)
    return ThemeSet(themes=tuple(themes), problems=tuple(problems))


def chosen_theme(name: str, environ: Mapping[str, str]) -> Theme:
    """Return the theme `name`, reading only its file; Textual's own are known too. Raises UsageError."""
    for folder in (config_dir(environ) / "themes", theme_folder()):
        path = folder / f"{name}{_SUFFIX}"
        if _is_file(path):
            return load_theme(path, shown(path, environ))
    if name in BUILTIN_THEMES:
        return BUILTIN_THEMES[name]
    raise UsageError(_unknown(name, environ))


def register(app: App[Any], name: str = DEFAULT_THEME, environ: Mapping[str, str] = os.environ) -> None:
    """Make `name` the theme of `app`, reading no other; call it before the first frame. Raises UsageError."""
    theme = chosen_theme(name, environ)
    if theme.name not in BUILTIN_THEMES:
        app.register_theme(theme)
    app.theme = theme.name


def register_all(app: App[Any], environ: Mapping[str, str] = os.environ) -> tuple[Problem, ...]:
    """Make every theme choosable in `app`, for a picker; return what is wrong with those that cannot be used."""
    found_themes = load_themes(environ)
    for theme in found_themes.themes:
        app.register_theme(theme)
    return found_themes.problems


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered
        return False


def _listed(folder: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.is_file())
    except OSError:
        return ()


def _unknown(name: str, environ: Mapping[str, str]) -> Problem:
    known = [*theme_files(environ), *BUILTIN_THEMES]
    near = nearest(name, known)
    guess = f" Did you mean {near[0]}?" if near else ""
    own = ", ".join(theme_files(environ))
    return Problem(
        title="No such theme",
        text=f"There is no theme {found(name)}.{guess}",
        hint=f"Themes here: {own}. Your own go to {shown(config_dir(environ) / 'themes', environ)}.",
    )


def _check_top(raw: Mapping[str, Any], stem: str, where: str) -> Iterable[Mistake]:
    kinds: Mapping[str, tuple[type, str]] = {
        "name": (str, "text"),
        "dark": (bool, "true or false"),
        "ansi": (bool, "true or false"),
        "colors": (dict, "a table"),
        "variables": (dict, "a table"),
    }
    for key, value in raw.items():
        if key not in kinds:
            yield Mistake(where, dotted((key,)), _unknown_key(key, kinds))
        elif not isinstance(value, kinds[key][0]):
            yield Mistake(where, key, f"expected {kinds[key][1]}; found {found(value)}")
    if raw.get("name", stem) != stem and isinstance(raw["name"], str):
        yield Mistake(where, "name", f'expected "{stem}", as the file is called; found {found(raw["name"])}')
    if not isinstance(raw.get("colors"), dict) or "primary" not in raw["colors"]:
        yield Mistake(where, "colors.primary", "missing; expected a colour such as #8ab4f0")


def _check_colors(raw: Mapping[str, Any], where: str) -> Iterable[Mistake]:
    for key, value in _items(raw, "colors"):
        place = dotted(("colors", key))
        if key not in _COLORS:
            yield Mistake(where, place, _unknown_key(key, _COLORS))
        elif not isinstance(value, str) or not _is_color(value):
            yield Mistake(where, place, f"expected a colour such as #8ab4f0 or ansi_blue; found {found(value)}")


def _check_variables(raw: Mapping[str, Any], where: str) -> Iterable[Mistake]:
    """Check names against what Textual and we know: an unknown one would do nothing, a bad value stop the program."""
    known = _known_variables() if any(key not in _DARK for key, _ in _items(raw, "variables")) else VARIABLES
    for key, value in _items(raw, "variables"):
        place = dotted(("variables", key))
        if key not in known:
            yield Mistake(where, place, _unknown_key(key, known))
        elif key.endswith("-style"):
            if not isinstance(value, str) or not value.split() or set(value.split()) - _STYLE_WORDS:
                yield Mistake(where, place, f"expected words such as bold, underline or none; found {found(value)}")
        elif not isinstance(value, str) or not _is_color(value if key in _DARK else _SHARE.sub("", value)):
            yield Mistake(where, place, f"expected a colour such as #8ab4f0 or ansi_blue; found {found(value)}")


def _known_variables() -> tuple[str, ...]:
    return (*VARIABLES, *BUILTIN_THEMES["textual-dark"].to_color_system().generate())


def _items(raw: Mapping[str, Any], table: str) -> Iterable[tuple[str, Any]]:
    values = raw.get(table)
    return values.items() if isinstance(values, dict) else ()


def _is_color(text: str) -> bool:
    try:
        Color.parse(text)
    except ColorParseError:
        return False
    return True


def _unknown_key(key: str, known: Collection[str]) -> str:
    near = nearest(key, known)
    if near:
        return f"unknown key; did you mean `{near[0]}`?"
    return "unknown key" + (f"; expected one of {', '.join(known)}" if len(known) < _MOST_LISTED else "")
