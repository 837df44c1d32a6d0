import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tui.config.load import FileState, Loaded, load
from tui.config.mistakes import ConfigError
from tui.config.model import Config, Glyphs, ThinkingView, WireName
from tui.config.trust import trust_folder
from tui.core.chat import Effort
from tui.core.errors import ExitCode, UsageError


class Place:
    """A home folder and a project on disk."""

    def __init__(self, root: Path) -> None:
        self.environ = {"HOME": str(root / "home")}
        self.user = root / "home" / ".config" / "llmmixer" / "config.toml"
        self.project = root / "work" / "repo"
        (self.project / ".git").mkdir(parents=True)
        self.project_file = self.project / ".llmmixer" / "config.toml"

    def write(self, path: Path, text: str | bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(
        self, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None, cwd: Path | None = None
    ) -> Loaded:
        return load(environ={**self.environ, **(environ or {})}, cwd=cwd or self.project, flags=flags)

    def mistakes(self, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load(environ, flags)
        assert caught.value.exit_code is ExitCode.USAGE
        return [str(mistake) for mistake in caught.value.mistakes]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_defaults_are_complete_data(place: Place) -> None:
    loaded = place.load()
    config = loaded.config
    assert {name: (e.wire, e.default_model, e.pane_name) for name, e in config.endpoints.items()} == {
        "anthropic": (WireName.ANTHROPIC, "claude-sonnet-5-5", "claude"),
        "openai": (WireName.OPENAI, "gpt-6.2-sol", "gpt"),
        "gemini": (WireName.GEMINI, "gemini-4-argon", "gemini"),
        "compatible": (WireName.COMPATIBLE, "", ""),
    }
    assert config.endpoints["gemini"].api_key_env == ("GOOGLE_API_KEY", "GEMINI_API_KEY")
    assert set(config.roles) == {"review", "explain", "test"}
    assert all(len(role.prompt) > 300 and role.title for role in config.roles.values())
    assert all("\n\n" not in role.prompt and "  " not in role.prompt for role in config.roles.values())
    assert config.panes == ()
    assert config.ui == Config().ui
    assert [(status.layer, status.state) for status in loaded.files] == [("user", FileState.ABSENT)]
    assert loaded.notices == ()


LAYERS = ("default", "user", "project", "environment", "flag")


@pytest.mark.parametrize("top", range(len(LAYERS)))
def test_each_layer_wins_over_those_below(place: Place, top: int) -> None:
    given = LAYERS[: top + 1]
    if "user" in given:
        place.write(place.user, "# mine\n[timeouts]\nidle = 1\n")
    if "project" in given:
        place.write(place.project_file, "timeouts.idle = 2.5\n")
        trust_folder(place.project, place.environ)
    environ = {"LLMMIXER_TIMEOUTS_IDLE": "3"} if "environment" in given else {}
    flags = {"timeouts.idle": 4, "timeouts.total": None} if "flag" in given else {}
    loaded = place.load(environ, flags)
    assert loaded.config.timeouts.idle == (90.0, 1.0, 2.5, 3.0, 4.0)[top]
    assert loaded.config.timeouts.total == 900.0
    assert (
        loaded.origin("timeouts.idle")
        == (
            "default",
            "~/.config/llmmixer/config.toml:3",
            f"{place.project_file}:1",
            "environment LLMMIXER_TIMEOUTS_IDLE",
            "command line",
        )[top]
    )
    assert loaded.origin("timeouts.total") == "default"


def test_tables_merge_and_lists_replace(place: Place) -> None:
    place.write(
        place.user,
        """
[endpoints.openai]
default_model = "mine"
api_key_env = ["MY_KEY"]
[endpoints.box]
base_url = "http://[::1]:8080/v1"
[[panes]]
provider = "openai"
effort = "max"
[[panes]]
provider = "box"
model = "llama"
name = "상자"
role = "review"
[roles.own]
prompt = "Be brief.\\nAlways."
[prices."x/y:1"]
input = 0.1
output = 3
cache_read = 0.000000000001
[keys]
zoom = "f7"
""",
    )
    trust_folder(place.project, place.environ)
    place.write(place.project_file, "[[panes]]\nprovider = 'gemini'\n[roles.own]\ntitle = 'own'\n")
    loaded = place.load()
    config = loaded.config
    openai = config.endpoints["openai"]
    assert (openai.default_model, openai.pane_name) == ("mine", "gpt")
    assert (openai.api_key_env, openai.base_url_env) == (("MY_KEY",), ("OPENAI_BASE_URL",))
    assert config.endpoints["box"].wire is WireName.COMPATIBLE
    assert [pane.provider for pane in config.panes] == ["gemini"]
    assert (config.roles["own"].title, config.roles["own"].prompt) == ("own", "Be brief.\nAlways.")
    price = config.prices["x/y:1"]
    assert (price.input, price.output, price.cache_read) == (Decimal("0.1"), Decimal(3), Decimal("1e-12"))
    assert config.keys == {"zoom": "f7"}
    assert loaded.origins["panes"] == f"{place.project_file}:1"
    assert loaded.origins['prices."x/y:1".input'] == "~/.config/llmmixer/config.toml:18"
    place.project_file.unlink()
    panes = place.load().config.panes
    assert [(pane.provider, pane.effort, pane.name) for pane in panes] == [
        ("openai", Effort.MAX, ""),
        ("box", None, "상자"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("theme = 'x'", 1, "theme: unknown key; did you mean `ui.theme`?"),
        ("[ui]\n\nthemee = 'x'", 3, "ui.themee: unknown key; did you mean `ui.theme`?"),
        ("[ui]\nzzz = 'x'", 2, "ui.zzz: unknown key; expected one of theme, glyphs, thinking"),
        ("[uii]\ntheme = 'x'", 1, "uii: unknown key; did you mean `ui`?"),
        ("ui = 3", 1, "ui: expected a table; found 3"),
        ("[ui]\ntheme = 3", 2, "ui.theme: expected text (letters, digits, `.`, `_` and `-`, at most 64); found 3"),
        (
            "[ui]\ntheme = '../x'",
            2,
            'ui.theme: expected text (letters, digits, `.`, `_` and `-`, at most 64); found "../x"',
        ),
        (
            "[ui]\nglyphs = 'asci'",
            2,
            'ui.glyphs: expected one of auto, unicode, ascii; found "asci"; did you mean "ascii"?',
        ),
        ("[ui]\nglyphs = true", 2, "ui.glyphs: expected one of auto, unicode, ascii; found true"),
        ("[ui]\nframes_per_second = 4", 2, "ui.frames_per_second: expected a whole number, 5 to 60; found 4"),
        ("[ui]\nframes_per_second = 61", 2, "expected a whole number, 5 to 60; found 61"),
        ("[ui]\nframes_per_second = 30.0", 2, "expected a whole number, 5 to 60; found 30.0"),
        ("[ui]\nframes_per_second = true", 2, "expected a whole number, 5 to 60; found true"),
        ("[ui]\nframes_per_second = '30'", 2, 'expected a whole number, 5 to 60; found "30"'),
        ("[ui]\nframes_per_second = 0x" + "f" * 5000, 2, "found a huge number"),
        ("[timeouts]\nidle = 0", 2, "timeouts.idle: expected a number, above 0, at most 86400; found 0"),
        ("[timeouts]\nidle = -1.5", 2, "found -1.5"),
        ("[timeouts]\nidle = nan", 2, "found NaN"),
        ("[timeouts]\nidle = inf", 2, "found Infinity"),
        ("[timeouts]\nidle = 1e400", 2, "found 1E+400"),
        ("[timeouts]\nidle = 2026-01-01", 2, "found 2026-01-01"),
        ("[timeouts]\nidle = [1]", 2, "found a list"),
        ("[timeouts]\nidle = {a = 1}", 2, "found a table"),
        ("[journal]\nenabled = 1", 2, "journal.enabled: expected true or false; found 1"),
        ("[journal]\nenabled = 'yes'", 2, 'expected true or false; found "yes"'),
        ("panes = 'all'", 1, 'panes: expected a list, each item a table; found "all"'),
        ("panes = ['gpt']", 1, 'panes[0]: expected a table; found "gpt"'),
        ("[[panes]]\nmodel = 'x'", 1, "panes[0].provider: missing; expected text"),
        (
            "[[panes]]\nprovider='openai'\n\n[[panes]]\nprovider='gemini'\nmax_tokens = 0",
            6,
            "panes[1].max_tokens: expected a whole number, 1 to 1000000; found 0",
        ),
        (
            "[[panes]]\nprovider='opena'",
            1,
            'expected an endpoint (anthropic, openai, gemini, compatible); found "opena"; did you mean "openai"?',
        ),
        (
            "[[panes]]\nprovider='openai'\nrole='reviw'",
            1,
            'panes[0].role: expected a role (review, explain, test); found "reviw"; did you mean "review"?',
        ),
        (
            "[[panes]]\nprovider='openai'\nname='A'\n[[panes]]\nprovider='openai'\nname='a'",
            1,
            'panes[1].name: "a" is the name of another pane',
        ),
        ("[[panes]]\nprovider='openai'\nname='a b'", 3, "panes[0].name: expected text (letters"),
        (
            "[endpoints.x]\nbase_url = 'host/v1'",
            2,
            "endpoints.x.base_url: expected text (an address like `https://host/path`",
        ),
        ("[endpoints.x]\nbase_url = 'http://me:pass@host'", 2, "without a user, password or query"),
        ("[endpoints.x]\nbase_url_env = 'X'", 2, "endpoints.x.base_url_env: expected a list, each item text"),
        (
            "[endpoints.x]\napi_key = 'sk-secret'",
            2,
            "endpoints.x.api_key: a config file never holds a key; name the environment variable",
        ),
        (
            "[endpoints.x]\napi_key_env = ['sk-ant-secret-1']",
            2,
            "api_key_env[0]: expected text (the name of an environment variable); found a text that is not shown here",
        ),
        ("[endpoints.'a b']\nwire = 'gemini'", 1, 'endpoints."a b": not a possible name; expected letters'),
        ("[endpoints]\nx = 'http://a'", 2, 'endpoints.x: expected a table; found "http://a"'),
        (
            '[roles.x]\ntitle = "a\\u001b[31mb"',
            2,
            'roles.x.title: expected one line without control characters; found "a␛[31mb"',
        ),
        ("[prices.m]\ninput = -1\noutput = 1", 2, "prices.m.input: expected a number, 0 to 1000000; found -1"),
        ("[prices.m]\ninput = 1", 2, "prices.m.output: missing; expected a number, 0 to 1000000"),
        ("[prices.m]\ninput = '1'\noutput = 1", 2, 'found "1"'),
        ("[keys]\nzoom = 7", 2, "keys.zoom: expected text; found 7"),
        ("keys = ['f7']", 1, "keys: expected a table; found a list"),
    ],
)
def test_a_mistake_names_file_line_key_expected_and_found(place: Place, text: str, line: int, expected: str) -> None:
    place.write(place.user, text)
    (mistake, *_) = place.mistakes()
    assert mistake.startswith(f"~/.config/llmmixer/config.toml:{line}: ")
    assert expected in mistake
    assert "secret" not in mistake


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[ui\n", ":1:4: is not valid TOML: Expected ']' at the end of a table declaration"),
        (b"[ui]\ntheme = \n", ":2:9: is not valid TOML: Invalid value"),
        (b"[ui]\ntheme = 'x", ":2:"),
        (b"a = 1\na = 2\n", ":2:6: is not valid TOML: Cannot overwrite a value"),
        (b"[ui]\ntheme = '\xff'", ":2: is not UTF-8 text (byte 0xff)"),
        ("[ui]".encode("utf-16"), ":1: is not UTF-8 text (byte 0xff)"),
        (b"a = " + b"[" * 100_000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "holds a number that is too long"),
        (b"a = 1e" + b"9" * 30, "holds a number that is too long"),
        (b"#" * 1_000_001, "has more than 1,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(place: Place, data: bytes, expected: str) -> None:
    place.write(place.user, data)
    (mistake,) = place.mistakes()
    assert mistake.startswith("~/.config/llmmixer/config.toml:")
    assert expected in mistake


def test_a_folder_or_a_pipe_instead_of_a_file(place: Place) -> None:
    import os

    place.user.mkdir(parents=True)
    assert place.mistakes() == ["~/.config/llmmixer/config.toml: is not a regular file"]
    place.user.rmdir()
    os.mkfifo(place.user)
    assert place.mistakes() == ["~/.config/llmmixer/config.toml: is not a regular file"]


def test_an_unreadable_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(place.user, "")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert place.mistakes() == ["~/.config/llmmixer/config.toml: cannot be read: Permission denied"]


def test_a_byte_order_mark_and_windows_lines_do_no_harm(place: Place) -> None:
    place.write(place.user, b"\xef\xbb\xbf[ui]\r\nthinking = 'shown'\r\n")
    loaded = place.load()
    assert loaded.config.ui.thinking is ThinkingView.SHOWN
    assert loaded.origins["ui.thinking"] == "~/.config/llmmixer/config.toml:2"


def test_all_mistakes_of_all_layers_come_together(place: Place) -> None:
    place.write(place.user, "a = 1\n[ui]\nb = 2\nglyphs = 'x'\n[timeouts]\nidle = 0\n")
    mistakes = place.mistakes({"LLMMIXER_UI_THINKING": "loud", "LLMMIXER_NOPE": "1"}, {"ui.frames_per_second": 999})
    assert len(mistakes) == 7
    with pytest.raises(UsageError) as caught:
        place.load({"LLMMIXER_UI_THINKING": "loud"})
    assert caught.value.problem.title == "The configuration has 5 mistakes"
    assert all(key in caught.value.problem.text for key in ("a: unknown", "ui.b", "ui.glyphs", "timeouts.idle"))


def test_a_flood_of_mistakes_is_cut(place: Place) -> None:
    place.write(place.user, "\n".join(f"k{number} = 1" for number in range(500)))
    with pytest.raises(ConfigError) as caught:
        place.load()
    assert len(caught.value.mistakes) == 500
    assert len(caught.value.problem.text.splitlines()) == 31
    assert "and 470 more" in caught.value.problem.text


@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("LLMMIXER_UI_THEME", "nord", "ui.theme", "nord"),
        ("LLMMIXER_UI_GLYPHS", "ascii", "ui.glyphs", Glyphs.ASCII),
        ("LLMMIXER_UI_FRAMES_PER_SECOND", " 20 ", "ui.frames_per_second", 20),
        ("LLMMIXER_TIMEOUTS_FIRST_TOKEN", "1.5", "timeouts.first_token", 1.5),
        ("LLMMIXER_JOURNAL_ENABLED", "No", "journal.enabled", False),
        ("LLMMIXER_JOURNAL_ENABLED", "on", "journal.enabled", True),
        ("LLMMIXER_ENDPOINTS_OPENAI_BASE_URL", "http://x/v1", "endpoints.openai.base_url", "http://x/v1"),
        ("LLMMIXER_ENDPOINTS_OPENAI_API_KEY_ENV", "A, B", "endpoints.openai.api_key_env", ("A", "B")),
        ("LLMMIXER_ENDPOINTS_OPENAI_API_KEY_ENV", '["A"]', "endpoints.openai.api_key_env", ("A",)),
        ("LLMMIXER_ENDPOINTS_MY_BOX_BASE_URL", "http://x", "endpoints.my_box.base_url", "http://x"),
        ("LLMMIXER_ROLES_REVIEW_PROMPT", "a\nb", "roles.review.prompt", "a\nb"),
        ("LLMMIXER_KEYS_ZOOM", "f7", "keys.zoom", "f7"),
        ("LLMMIXER_KEYS", '{zoom = "f8"}', "keys.zoom", "f8"),
    ],
)
def test_environment(place: Place, variable: str, value: str, key: str, expected: object) -> None:
    loaded = place.load({variable: value})
    found: Any = loaded.config
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == expected
    assert loaded.origins[key] == f"environment {variable}"


def test_environment_knows_names_from_the_files(place: Place) -> None:
    place.write(place.user, "[endpoints.my-box]\nwire='openai'\n[prices.'gpt-6.2-sol']\ninput = 1\noutput = 1\n")
    loaded = place.load({"LLMMIXER_ENDPOINTS_MY_BOX_DEFAULT_MODEL": "m", "LLMMIXER_PRICES_GPT_6_2_SOL_INPUT": "0.10"})
    assert loaded.config.endpoints["my-box"].default_model == "m"
    assert str(loaded.config.prices["gpt-6.2-sol"].input) == "0.10"


def test_environment_sets_lists_of_tables(place: Place) -> None:
    loaded = place.load({"LLMMIXER_PANES": '[{provider = "openai"}, {provider = "gemini", effort = "low"}]'})
    assert [(pane.provider, pane.effort) for pane in loaded.config.panes] == [("openai", None), ("gemini", Effort.LOW)]


def test_home_and_empty_variables_are_no_settings(place: Place, tmp_path: Path) -> None:
    place.write(tmp_path / "own" / "config" / "config.toml", "[ui]\ntheme = 'nord'")
    assert place.load({"LLMMIXER_HOME": str(tmp_path / "own"), "LLMMIXER_UI_THEME": ""}).config.ui.theme == "nord"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("LLMMIXER_UI_THEMES", "x", "sets no config key; did you mean LLMMIXER_UI_THEME"),
        ("LLMMIXER_TIMEOUT_IDLE", "1", "did you mean LLMMIXER_TIMEOUTS_IDLE"),
        ("LLMMIXER_ENDPOINTS_OPENAI_MODEL", "1", "did you mean LLMMIXER_ENDPOINTS_OPENAI_"),
        ("LLMMIXER_UI", "1", "sets no config key"),
        ("LLMMIXER_", "1", "sets no config key"),
        ("LLMMIXER_QQQQQQQQ", "1", "as in LLMMIXER_UI_THEME"),
        ("LLMMIXER_UI_FRAMES_PER_SECOND", "fast", 'expected a whole number, 5 to 60; found "fast"'),
        ("LLMMIXER_UI_FRAMES_PER_SECOND", "9" * 40, "expected a whole number, 5 to 60; found"),
        ("LLMMIXER_TIMEOUTS_IDLE", "snan", "found"),
        ("LLMMIXER_TIMEOUTS_IDLE", "soon", 'found "soon"'),
        ("LLMMIXER_JOURNAL_ENABLED", "maybe", "expected true or false"),
        ("LLMMIXER_PANES", "openai", "is not valid TOML"),
        ("LLMMIXER_PANES", "3", "expected a list"),
        ("LLMMIXER_KEYS", "3", "keys: expected a table; found 3"),
    ],
)
def test_a_bad_variable_is_named(place: Place, variable: str, value: str, expected: str) -> None:
    (mistake,) = place.mistakes({variable: value})
    assert f"environment {variable}" in mistake
    assert expected in mistake


def test_a_bad_flag_is_named(place: Place) -> None:
    assert place.mistakes(flags={"ui.theme": 3})[0].startswith("command line: ui.theme: expected text")


# ---- projects


def test_a_projects_file_is_not_read_before_its_folder_is_trusted(place: Place) -> None:
    place.write(place.project_file, "[ui]\ntheme = 'nord'\nthis is not toml")
    loaded = place.load()
    assert loaded.config.ui.theme == "llmmixer-dark"
    assert [(s.path, s.state) for s in loaded.files[1:]] == [(place.project_file, FileState.IGNORED_UNTRUSTED)]
    (notice,) = loaded.notices
    assert str(place.project_file) in notice.text
    assert "nord" not in str(notice)
    trust_folder(place.project, place.environ)
    place.write(place.project_file, "[ui]\ntheme = 'nord'")
    assert place.load().config.ui.theme == "nord"
    trust_folder(place.project, place.environ, trusted=False)
    assert place.load().config.ui.theme == "llmmixer-dark"


def test_trust_is_for_one_folder_and_sees_through_links(place: Place, tmp_path: Path) -> None:
    other = place.project / "vendored"
    place.write(other / ".llmmixer" / "config.toml", "ui.theme = 'nord'")
    trust_folder(place.project, place.environ)
    assert place.load(cwd=other).config.ui.theme == "llmmixer-dark"
    link = tmp_path / "link"
    link.symlink_to(other)
    trust_folder(link, place.environ)
    assert place.load(cwd=other).config.ui.theme == "nord"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"folders": 3}', '{"folders": [3]}', "nonsense", "[" * 100_000])
def test_a_broken_list_of_trusted_folders_trusts_nothing(place: Place, text: str) -> None:
    place.write(place.project_file, "ui.theme = 'nord'")
    place.write(Path(place.environ["HOME"]) / ".local/state/llmmixer/trusted.json", text)
    assert place.load().config.ui.theme == "llmmixer-dark"
    trust_folder(place.project, place.environ)
    assert place.load().config.ui.theme == "nord"


def test_the_nearest_file_up_to_the_root_of_the_repository_counts(place: Place, tmp_path: Path) -> None:
    deep = place.project / "a" / "b"
    deep.mkdir(parents=True)
    place.write(tmp_path / "work" / ".llmmixer" / "config.toml", "ui.theme = 'above'")
    assert len(place.load(cwd=deep).files) == 1
    place.write(place.project_file, "ui.theme = 'root'")
    assert place.load(cwd=deep).files[1].path == place.project_file
    place.write(place.project / "a" / ".llmmixer" / "config.toml", "ui.theme = 'near'")
    assert place.load(cwd=deep).files[1].path == place.project / "a" / ".llmmixer" / "config.toml"


def test_outside_a_repository_only_the_folder_itself_counts(place: Place, tmp_path: Path) -> None:
    plain = tmp_path / "plain" / "deep"
    plain.mkdir(parents=True)
    place.write(tmp_path / "plain" / ".llmmixer" / "config.toml", "")
    assert len(place.load(cwd=plain).files) == 1
    assert len(place.load(cwd=plain.parent).files) == 2


def test_what_a_project_may_not_set_is_left_out_and_told(place: Place) -> None:
    trust_folder(place.project, place.environ)
    place.write(
        place.project_file,
        """
[endpoints.anthropic]
base_url = "http://evil.example"
api_key_env = ["OPENAI_API_KEY"]
base_url_env = ["X"]
wire = "compatible"
default_model = "fine"
[keys]
approve = "space"
[prices.m]
input = 0
output = 0
[journal]
enabled = false
[ui]
theme = "nord"
""",
    )
    loaded = place.load()
    anthropic = loaded.config.endpoints["anthropic"]
    assert (anthropic.base_url, anthropic.api_key_env, anthropic.wire) == (
        "",
        ("ANTHROPIC_API_KEY",),
        WireName.ANTHROPIC,
    )
    assert (anthropic.default_model, loaded.config.ui.theme) == ("fine", "nord")
    assert (loaded.config.keys, loaded.config.prices, loaded.config.journal.enabled) == ({}, {}, True)
    told = "\n".join(notice.text for notice in loaded.notices)
    for line, key in ((3, "endpoints.anthropic.base_url"), (8, "keys"), (10, "prices"), (14, "journal.enabled")):
        assert f"{place.project_file}:{line}: {key} cannot be set by a project." in told
    assert len(loaded.notices) == 7


def test_the_users_own_file_is_never_a_project(place: Place) -> None:
    place.write(place.project_file, "keys.zoom = 'f7'")
    place.user.parent.mkdir(parents=True)
    place.user.symlink_to(place.project_file)
    loaded = place.load()
    assert loaded.config.keys == {"zoom": "f7"}
    assert len(loaded.files) == 1


def test_links_that_lead_nowhere_are_no_crash(place: Place) -> None:
    place.user.parent.mkdir(parents=True)
    place.user.symlink_to(place.user)
    place.write(place.project_file, "")
    (mistake,) = place.mistakes()
    assert mistake.startswith("~/.config/llmmixer/config.toml: cannot be read: ")


def test_folders_that_may_not_be_entered_are_no_crash(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Path.exists

    def refuse(self: Path) -> bool:
        if ".llmmixer" in self.parts or self.name == ".git":
            raise PermissionError(13, "Permission denied")
        return original(self)

    monkeypatch.setattr(Path, "exists", refuse)
    assert len(place.load().files) == 1


def test_only_a_folder_can_be_trusted(place: Place) -> None:
    with pytest.raises(UsageError, match="Not a folder"):
        trust_folder(place.project / "nothing", place.environ)


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys, os\nfrom pathlib import Path\nfrom tui.config.load import load\n"
        "load(environ={'HOME': '/nowhere'}, cwd=Path('/'))\n"
        "print(*sorted({'tomli_w', 'difflib', 'json', 'textual', 'rich', 'asyncio', 'argparse', 'tui.core.secrets'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
