import os
import stat
import string
import tempfile
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.config.fields import Range
from tui.config.load import load
from tui.config.mistakes import ConfigError
from tui.config.save import set_value, write_private
from tui.config.schema import KEY_NAME, Many, Named, Node, Scalar, Table, choices, known_keys, schema
from tui.core.errors import UsageError
from tui.core.untrusted import clean


def _values(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_a_new_file_is_private_and_so_is_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    set_value(path, "ui.theme", "nord")
    assert _values(path) == {"ui": {"theme": "nord"}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[ui]\ntheme = "nord"\n'),
        ("# mine\n", '# mine\n\n[ui]\ntheme = "nord"\n'),
        ("# mine", '# mine\n\n[ui]\ntheme = "nord"\n'),
        ('[ui]\ntheme = "a"  # nice\n# end', '[ui]\ntheme = "nord" # nice\n# end'),
        ("[ui]\ntheme = 'a # b'\n", '[ui]\ntheme = "nord"\n'),
        (
            "[ui] # look\nglyphs = 'ascii' # x\n[keys]\n",
            "[ui] # look\ntheme = \"nord\"\nglyphs = 'ascii' # x\n[keys]\n",
        ),
        ("ui.theme = 'a'\nui.glyphs = 'ascii'", "ui.theme = \"nord\"\nui.glyphs = 'ascii'"),
        ("ui.'theme' = 'a' # x\n", "ui.'theme' = \"nord\" # x\n"),
        ("ui = {theme = 'a'}\n# lost", '[ui]\ntheme = "nord"\n'),
        ("ui.theme = '''\na'''", '[ui]\ntheme = "nord"\n'),
        ("[keys]\nzoom = 'f7'\n", "[keys]\nzoom = 'f7'\n\n[ui]\ntheme = \"nord\"\n"),
    ],
)
def test_one_line_changes_and_the_rest_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before, encoding="utf-8")
    set_value(path, "ui.theme", "nord")
    if before.startswith("ui.") and "'''" not in before:
        assert _values(path)["ui"]["theme"] == "nord"
        assert path.read_text(encoding="utf-8").count("\n") == before.count("\n")
    else:
        assert path.read_text(encoding="utf-8") == after


def test_the_mode_of_a_file_and_a_link_to_it_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    real.write_text("[ui]\n", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    set_value(link, "ui.theme", "nord")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert _values(real)["ui"]["theme"] == "nord"


@pytest.mark.parametrize(
    ("before", "key", "value", "expected"),
    [
        ("[ui", "ui.theme", "x", "is not valid TOML"),
        ("ui = 3", "ui.theme", "x", "ui in ui.theme is no table"),
        ("", "ui.theme", 3, "ui.theme: expected text"),
        ("", "ui.themes", "x", "did you mean `ui.theme`?"),
        ("", "ui.frames_per_second", 1, "5 to 60"),
    ],
)
def test_a_refused_value_leaves_the_file_as_it_was(
    tmp_path: Path, before: str, key: str, value: object, expected: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before, encoding="utf-8")
    with pytest.raises(UsageError, match=r".") as caught:
        set_value(path, key, value)
    assert expected in str(caught.value)
    assert path.read_text(encoding="utf-8") == before


def test_a_mistake_elsewhere_does_not_keep_from_saving(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[timeouts]\nidle = 'x'\n", encoding="utf-8")
    set_value(path, "ui.theme", "nord")
    assert _values(path) == {"timeouts": {"idle": "x"}, "ui": {"theme": "nord"}}


def test_none_removes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[ui]\ntheme = 'x'\nglyphs = 'ascii'\n", encoding="utf-8")
    set_value(path, "ui.theme", None)
    assert _values(path) == {"ui": {"glyphs": "ascii"}}


def test_a_failed_write_leaves_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("old", encoding="utf-8")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_private(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Cannot write the file"):
        write_private(tmp_path / "file" / "below" / "x", "text")


# ---- whatever is valid and saved is loaded again

_NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=8)
_LINE = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_MONEY = st.decimals(min_value=0, max_value=1_000_000, places=8)
_BY_KEY: dict[tuple[str, ...], st.SearchStrategy[Any]] = {
    ("ui", "theme"): _NAMES,
    ("endpoints", KEY_NAME, "base_url"): st.sampled_from(["", "http://localhost:1/v1", "https://[::1]/"]),
    ("endpoints", KEY_NAME, "pane_name"): st.one_of(st.just(""), _NAMES),
}


def _strategy(path: tuple[str, ...], node: Node) -> st.SearchStrategy[Any]:
    if path in _BY_KEY:
        return _BY_KEY[path]
    if isinstance(node, Many):
        if isinstance(node.item, Table):
            pane = {
                "provider": st.just("openai"),
                "system": _TEXT,
                "max_tokens": st.integers(1, 1_000_000),
                "effort": st.sampled_from(["low", "max"]),
            }
            return st.lists(st.fixed_dictionaries({"provider": pane.pop("provider")}, optional=pane), max_size=3)
        return st.lists(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), max_size=3)
    assert isinstance(node, Scalar)
    if choices(node.kind):
        return st.sampled_from(choices(node.kind))
    span = next((rule for rule in node.rules if isinstance(rule, Range)), Range(5, 60))
    least, most = span.least or 0, span.most or 60
    return {
        bool: st.booleans(),
        int: st.integers(least, most),
        float: st.floats(max(least, 0.001), most),
        Decimal: _MONEY,
        str: _TEXT if node.long_text else _LINE,
    }[node.kind]


_ELSEWHERE = {"prices", "gateway", "keys", "limits", "fallback", "budgets", "spend", "trust"}  # must mean something
_ELSEWHERE |= {"terminal"}  # a shell is a path
_SETTABLE = [(path, node) for path, node in known_keys(schema()) if path[0] not in _ELSEWHERE]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_what_is_saved_is_loaded(data: st.DataObject) -> None:
    expected: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        environ = {"LLMMIXER_HOME": folder}
        path = Path(folder) / "config" / "config.toml"
        for key, node in data.draw(st.lists(st.sampled_from(_SETTABLE), max_size=6, unique_by=lambda pair: pair[0])):
            value = data.draw(_strategy(key, node))
            dotted = ".".join(data.draw(_NAMES) if part == KEY_NAME else part for part in key)
            set_value(path, dotted, value)
            expected[dotted] = value
        config = load(environ=environ, cwd=Path(folder)).config
    for dotted, value in expected.items():
        found: Any = config
        for part in dotted.split("."):
            found = found[part] if isinstance(found, dict) else getattr(found, part)
        if dotted == "panes":
            assert [pane.system for pane in found] == [pane.get("system", "") for pane in value]
            assert [pane.effort for pane in found] == [pane.get("effort") for pane in value]
        else:
            assert found == (tuple(value) if isinstance(value, list) else value)


# ---- whatever the file holds, the answer is a configuration or a ConfigError

_SCALARS = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.times(), st.datetimes()
)
_KNOWN = st.sampled_from(sorted({part for path, _ in known_keys(schema()) for part in path} | {"", "a.b", "x y", "é"}))
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KNOWN, inner, max_size=4)),
    max_leaves=15,
)


def _load_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config" / "config.toml"
        path.parent.mkdir()
        path.write_bytes(data)
        _loads_or_says_why({"LLMMIXER_HOME": folder}, Path(folder))


def _loads_or_says_why(environ: dict[str, str], cwd: Path) -> None:
    problem = ""
    try:
        load(environ=environ, cwd=cwd)
    except ConfigError as error:
        problem = str(error)
    assert clean(problem) == problem


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(_KNOWN, _TREES, max_size=5))
def test_any_toml_loads_or_is_refused_clearly(document: dict[str, Any]) -> None:
    _load_bytes(tomli_w.dumps(document).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.text("[]{}=.'\"\\\n#, ui1e_-:" + "theme", max_size=120).map(str.encode)))
def test_any_bytes_load_or_are_refused_clearly(data: bytes) -> None:
    _load_bytes(data)


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(["LLMMIXER_PANES", "LLMMIXER_KEYS", "LLMMIXER_UI_THEME", "LLMMIXER_TIMEOUTS_IDLE"]),
            st.text("ABEIKLMNPRSTUXY_0é\x1b\n", max_size=20).map("LLMMIXER_{}".format),
        ),
        st.text(max_size=20),
        max_size=4,
    )
)
def test_any_environment_loads_or_is_refused_clearly(variables: dict[str, str]) -> None:
    variables.pop("LLMMIXER_HOME", None)
    _loads_or_says_why({"HOME": "/nowhere", **variables}, Path("/"))


def test_every_kind_of_node_is_settable_somewhere() -> None:
    kinds = {type(node) for _, node in known_keys(schema())}
    assert kinds == {Scalar, Many}
    assert isinstance(schema().items["keys"], Named)
