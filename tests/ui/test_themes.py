import itertools
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import Static

from tui.config import files
from tui.config.mistakes import ConfigError
from tui.core.errors import UsageError
from tui.ui import theming

SHIPPED = sorted(theming.theme_folder().glob("*.toml"))
TRUECOLOR = [path for path in SHIPPED if path.stem != "llmmixer-ansi"]
GROUNDS = ("background", "surface", "panel")
TEXTS = (
    "foreground", "text", "text-muted", "text-primary", "text-secondary", "text-accent", "text-success",
    "text-warning", "text-error", "link-color", "markdown-h1-color", "markdown-h2-color", "markdown-h3-color",
    "markdown-h4-color", "markdown-h5-color", "primary", "accent", "success", "warning", "error", *theming.VARIABLES,
)  # fmt: skip
PAIRS = (
    ("block-cursor-foreground", "block-cursor-background"),
    ("input-selection-foreground", "input-selection-background"),
    ("footer-foreground", "footer-background"),
    ("footer-key-foreground", "footer-background"),
    ("footer-description-foreground", "footer-background"),
    ("link-color-hover", "link-background-hover"),
    ("input-cursor-foreground", "input-cursor-background"),
)
STATES = ("state-ok", "state-busy", "state-warn", "state-bad")
PANES = ("pane-anthropic", "pane-openai", "pane-gemini", "pane-compatible")


def _stem(path: Path) -> str:
    return path.stem


def _variables(path: Path) -> dict[str, str]:
    theme = theming.load_theme(path)
    return {**theme.to_color_system().generate(), **theme.variables}


def _on(text: str, ground: Color) -> Color:
    """The colour that is really drawn: `auto 60%` and translucent colours are blended with the ground."""
    if text.startswith("auto"):
        share = float(text.removeprefix("auto").strip().rstrip("%") or 100) / 100
        return ground + ground.get_contrast_text(share)
    return ground + Color.parse(text)


def _luminance(color: Color) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def _contrast(first: Color, second: Color) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert _contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert _contrast(Color(119, 119, 119), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("path", TRUECOLOR, ids=_stem)
def test_every_text_can_be_read_on_every_ground(path: Path) -> None:
    variables = _variables(path)
    least = 7.0 if path.stem == "llmmixer-contrast" else 4.5
    weak = {
        f"{text} on {ground}": round(ratio, 2)
        for text in TEXTS
        for ground in GROUNDS
        if (ratio := _contrast(_on(variables[text], Color.parse(variables[ground])), Color.parse(variables[ground])))
        < least
    }
    assert not weak


@pytest.mark.parametrize("path", TRUECOLOR, ids=_stem)
def test_every_pair_of_text_and_its_own_ground_can_be_read(path: Path) -> None:
    variables = _variables(path)
    panel = Color.parse(variables["panel"])
    weak = {}
    for text, ground in PAIRS:
        behind = panel + Color.parse(variables[ground])
        ratio = _contrast(_on(variables[text], behind), behind)
        if ratio < 4.5:
            weak[f"{text} on {ground}"] = round(ratio, 2)
    assert not weak


# ---- colour blindness: Viénot, Brettel and Mollon (1999) in linear RGB, distances in CIELAB

_BLIND = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def _lab(color: Color, sight: str) -> tuple[float, float, float]:
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (color.r / 255, color.g / 255, color.b / 255)
    ]
    seen = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in _BLIND[sight]]
    xyz = [
        sum(a * b for a, b in zip(row, seen, strict=True)) / white for row, white in zip(_TO_XYZ, _WHITE, strict=True)
    ]
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _nearest(variables: dict[str, str], names: tuple[str, ...], sight: str) -> tuple[float, str, str]:
    return min(
        (math.dist(_lab(Color.parse(variables[a]), sight), _lab(Color.parse(variables[b]), sight)), a, b)
        for a, b in itertools.combinations(names, 2)
    )


def test_the_simulation_shows_why_red_and_green_are_no_pair() -> None:
    red, green = Color.parse("#c05050"), Color.parse("#5a8a3a")
    assert math.dist(_lab(red, "normal"), _lab(green, "normal")) > 70
    assert math.dist(_lab(red, "deuteranopia"), _lab(green, "deuteranopia")) < 25


@pytest.mark.parametrize("sight", _BLIND)
@pytest.mark.parametrize("names", [STATES, PANES], ids=["states", "panes"])
def test_the_colorblind_theme_keeps_states_and_panes_apart(names: tuple[str, ...], sight: str) -> None:
    distance, first, second = _nearest(_variables(theming.theme_folder() / "llmmixer-colorblind.toml"), names, sight)
    assert distance >= 25, f"{first} and {second}: {distance:.1f}"


@pytest.mark.parametrize("path", TRUECOLOR, ids=_stem)
@pytest.mark.parametrize("names", [STATES, PANES], ids=["states", "panes"])
def test_every_theme_keeps_states_and_panes_apart_for_most_people(path: Path, names: tuple[str, ...]) -> None:
    distance, first, second = _nearest(_variables(path), names, "normal")
    assert distance >= 20, f"{first} and {second}: {distance:.1f}"


# ---- the files


def test_there_are_the_themes_people_need() -> None:
    names = {path.stem for path in SHIPPED}
    assert {f"llmmixer-{kind}" for kind in ("dark", "light", "contrast", "colorblind", "ansi")} <= names
    assert theming.DEFAULT_THEME in names
    assert any(not theming.load_theme(path).dark for path in SHIPPED)
    assert [path.stem for path in SHIPPED if theming.load_theme(path).ansi] == ["llmmixer-ansi"]


@pytest.mark.parametrize("path", SHIPPED, ids=_stem)
def test_our_themes_set_every_variable_of_ours_themselves(path: Path) -> None:
    import tomllib

    assert set(theming.VARIABLES) <= set(tomllib.loads(path.read_text("utf-8"))["variables"])


def test_defaults_are_those_of_our_dark_and_light_themes() -> None:
    for name, dark in (("llmmixer-dark", True), ("llmmixer-light", False)):
        theme = theming.chosen_theme(name, {"HOME": "/nowhere"})
        assert theming.variable_defaults(dark=dark) == {key: theme.variables[key] for key in theming.VARIABLES}


def test_the_ansi_theme_uses_only_the_terminals_own_colours() -> None:
    theme = theming.chosen_theme("llmmixer-ansi", {"HOME": "/nowhere"})
    assert theme.variables.keys() >= BUILTIN_THEMES["textual-dark"].to_color_system().generate().keys() - (
        theme.to_color_system().generate().keys()
    )
    assert all(value.startswith("ansi_") for value in theme.variables.values())


def _write(folder: Path, text: str, name: str = "mine") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "colors.primary: missing"),
        ("name = 1\n[colors]\nprimary='#fff'", "name: expected text; found 1"),
        ("name = 'other'\n[colors]\nprimary='#fff'", 'name: expected "mine"'),
        ("dark = 'yes'\n[colors]\nprimary='#fff'", "dark: expected true or false"),
        ("[colors]\nprimary='#ggg'", 'colors.primary: expected a colour such as #8ab4f0 or ansi_blue; found "#ggg"'),
        ("[colors]\nprimary=3", "colors.primary: expected a colour"),
        ("[colors]\nprimary='#fff'\nbackgruond='#000'", "did you mean `background`?"),
        ("colours = {}\n[colors]\nprimary='#fff'", "did you mean `colors`?"),
        ("[colors]\nprimary='#fff'\n[variables]\nstate-okk='#fff'", "did you mean `state-ok`?"),
        ("[colors]\nprimary='#fff'\n[variables]\nmuted='auto 60%'", "variables.muted: expected a colour"),
        ("[colors]\nprimary='#fff'\n[variables]\nborder='}} * {'", "variables.border: expected a colour"),
        ("[colors]\nprimary='#fff'\n[variables]\nlink-style='wavy'", "variables.link-style: expected words"),
        ("[colors]\nprimary='#fff'\nvariables = 3", "variables"),
        ("colors = 3", "colors: expected a table; found 3"),
        ("[colors", ":1:8: is not valid TOML"),
    ],
)
def test_a_bad_theme_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        theming.load_theme(_write(tmp_path, text))
    assert expected in str(caught.value)


def test_all_mistakes_of_a_theme_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        theming.load_theme(_write(tmp_path, "dark=1\nx=2\n[colors]\nprimary='no'\n[variables]\nmuted='no'"))
    assert len(caught.value.mistakes) == 4


def test_a_users_theme_replaces_ours_and_a_bad_one_spoils_nothing(tmp_path: Path) -> None:
    environ = {"LLMMIXER_HOME": str(tmp_path)}
    folder = tmp_path / "config" / "themes"
    _write(folder, "[colors]\nprimary='#123456'", "llmmixer-dark")
    _write(folder, "dark = false\n[colors]\nprimary='#123456'", "own")
    _write(folder, "[colors]\nprimary='nothing'", "bad")
    (folder / "notes.txt").write_text("no theme")
    found = theming.load_themes(environ)
    by_name = {theme.name: theme for theme in found.themes}
    assert by_name["llmmixer-dark"].primary == "#123456"
    assert by_name["own"].variables["muted"] == theming.variable_defaults(dark=False)["muted"]
    assert "bad" not in by_name
    assert len(by_name) == len(SHIPPED) + 1
    assert [problem.text.split(":")[0].endswith("bad.toml") for problem in found.problems] == [True]


def test_an_unknown_theme_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        theming.chosen_theme("llmmixer-drak", {"LLMMIXER_HOME": str(tmp_path)})
    assert "Did you mean llmmixer-dark?" in str(caught.value)
    assert "llmmixer-light" in caught.value.problem.hint


def test_only_the_chosen_theme_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    original = files.read_text

    def spy(path: Path, name: str) -> str | None:
        read.append(path)
        return original(path, name)

    monkeypatch.setattr(theming, "read_text", spy)
    app = _Themed()
    theming.register(app, "llmmixer-light", {"LLMMIXER_HOME": str(tmp_path)})
    assert [path.stem for path in read] == ["llmmixer-light"]
    assert app.theme == "llmmixer-light"


class _Themed(App[None]):
    CSS = "\n".join(f"#{name} {{ color: ${name}; }}" for name in theming.VARIABLES)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theming.variable_defaults(dark=self.current_theme.dark)

    def compose(self) -> ComposeResult:
        for name in theming.VARIABLES:
            yield Static(name, id=name, markup=False)


async def test_every_theme_can_be_switched_to_live(tmp_path: Path) -> None:
    environ = {"LLMMIXER_HOME": str(tmp_path)}
    app = _Themed()
    theming.register(app, theming.DEFAULT_THEME, environ)
    async with app.run_test() as pilot:
        assert theming.register_all(app, environ) == ()
        for name in (*(path.stem for path in SHIPPED), *BUILTIN_THEMES):
            app.theme = name
            await pilot.pause()
            theme = app.current_theme
            if name not in BUILTIN_THEMES:
                assert app.theme_variables["state-ok"] == theme.variables["state-ok"]
                assert app.query_one("#state-ok").styles.color == Color.parse(theme.variables["state-ok"])


def _drawn(app: App[None]) -> Iterator[tuple[int, int, int]]:
    """Every colour on the screen after the application's filters."""
    background = Color.parse("#000000")
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            segments = [segment]
            for line_filter in app._filters:
                segments = line_filter.apply(segments, background)
            for done in segments:
                for color in (done.style.color, done.style.bgcolor) if done.style else ():
                    if color is not None and color.triplet is not None:
                        yield color.triplet


@pytest.mark.parametrize("value", ["1", ""])
async def test_no_color_leaves_only_greys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    app = _Themed()
    theming.register(app, "llmmixer-dark", {"LLMMIXER_HOME": str(tmp_path)})
    async with app.run_test():
        colors = set(_drawn(app))
    assert colors
    assert all(red == green == blue for red, green, blue in colors)


async def test_without_no_color_there_are_colours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = _Themed()
    theming.register(app, "llmmixer-dark", {"LLMMIXER_HOME": str(tmp_path)})
    async with app.run_test():
        assert any(len(set(color)) > 1 for color in _drawn(app))


def test_themes_are_found_in_a_package_with_its_own_folder(tmp_path: Path) -> None:
    """In a wheel the themes lie inside the package, and win over a folder that happens to be beside it."""
    package = tmp_path / "tui"
    package.symlink_to(Path(theming.__file__).parent.parent)
    real = tmp_path / "site" / "tui"
    real.mkdir(parents=True)
    for item in package.iterdir():
        (real / item.name).symlink_to(item.resolve())
    inside = real / "themes"
    if not inside.exists():
        inside.mkdir()
        _write(inside, "[colors]\nprimary='#ffffff'", "packaged")
    code = "from tui.ui.theming import theme_folder; print(*sorted(p.stem for p in theme_folder().glob('*.toml')))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(real.parent)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.split() == ["packaged"]


def test_a_theme_is_a_textual_theme() -> None:
    assert isinstance(theming.chosen_theme("nord", {"HOME": "/nowhere"}), Theme)
