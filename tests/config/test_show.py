import json
from dataclasses import fields
from pathlib import Path

import pytest

from tui.config import model, model_work, reference
from tui.config.load import load
from tui.config.schema import known_keys, schema
from tui.config.show import effective_json, effective_text, effective_values
from tui.config.trust import trust_folder

README = Path(__file__).parents[2] / "README.md"


def _environ(tmp_path: Path, text: str = "") -> dict[str, str]:
    path = tmp_path / "config" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return {"LLMMIXER_HOME": str(tmp_path), "HOME": "/h", "ANTHROPIC_API_KEY": "sk-ant-very-secret", "MINE": "other"}


def test_every_value_has_its_place(tmp_path: Path) -> None:
    environ = _environ(
        tmp_path,
        """[ui]
theme = "nord"
[endpoints.openai]
api_key_env = ["MINE", "OPENAI_API_KEY"]
[[panes]]
provider = "openai"
effort = "low"
[prices."a/b"]
input = 1.10
output = 2
[keys]
zoom = "f7"
""",
    )
    environ["LLMMIXER_UI_GLYPHS"] = "ascii"
    loaded = load(environ=environ, cwd=tmp_path, flags={"ui.thinking": "shown"})
    file = str(tmp_path / "config" / "config.toml")
    text = effective_text(loaded, environ)
    rows = dict(line.rsplit("  # ", 1) for line in text.splitlines() if "  # " in line)
    rows = {key.rstrip(): origin for key, origin in rows.items()}
    assert rows['ui.theme = "nord"'] == f"{file}:2"
    assert rows['ui.glyphs = "ascii"'] == "environment LLMMIXER_UI_GLYPHS"
    assert rows['ui.thinking = "shown"'] == "command line"
    assert rows["timeouts.idle = 90.0"] == "default"
    assert rows['prices."a/b".input = "1.10"'] == f"{file}:9"
    assert rows['prices."a/b".cache_read = unset'] == "default"
    assert rows['keys.zoom = "f7"'] == f"{file}:12"
    assert rows['panes = [{ provider = "openai", effort = "low", max_tokens = 16384 }]'] == f"{file}:5"
    assert "# anthropic: key from ANTHROPIC_API_KEY (set)" in text
    assert "# openai: key from MINE (set)" in text
    assert "# gemini: key from GOOGLE_API_KEY or GEMINI_API_KEY (not set)" in text
    assert f"# user file: {file} (read)" in text
    assert "secret" not in text
    assert "other" not in text


def test_json_has_all_of_it(tmp_path: Path) -> None:
    environ = _environ(tmp_path, "[prices.m]\ninput = 0.1\noutput = 1\n")
    loaded = load(environ=environ, cwd=tmp_path)
    found = json.loads(json.dumps(effective_json(loaded, environ)))
    assert found["values"]["prices.m.input"]["value"] == "0.1"
    assert found["values"]["ui.frames_per_second"] == {"value": 30, "origin": "default"}
    assert found["values"]["panes"] == {"value": [], "origin": "default"}
    assert found["environment"]["anthropic"]["api_key"] == {
        "variables": ["ANTHROPIC_API_KEY"],
        "used": "ANTHROPIC_API_KEY",
    }
    assert found["environment"]["openai"]["api_key"]["used"] is None
    assert found["files"] == [{"path": str(tmp_path / "config" / "config.toml"), "layer": "user", "state": "read"}]
    assert "secret" not in json.dumps(found)


def test_every_key_there_is_appears(tmp_path: Path) -> None:
    loaded = load(environ=_environ(tmp_path), cwd=tmp_path)
    keys = {item.key for item in effective_values(loaded)}
    for path, _ in known_keys(schema()):
        if path[0] not in {"prices", "keys", "limits", "budgets"}:
            names = {"endpoints": "openai", "roles": "review"}
            assert ".".join(names[path[0]] if part == "NAME" else part for part in path) in keys


def test_ignored_files_and_keys_are_told(tmp_path: Path) -> None:
    environ = _environ(tmp_path)
    project = tmp_path / "work"
    (project / ".llmmixer").mkdir(parents=True)
    (project / ".llmmixer" / "config.toml").write_text("keys.zoom = 'f7'", encoding="utf-8")
    text = effective_text(load(environ=environ, cwd=project), environ)
    assert "config.toml (ignored: the folder is not trusted)" in text
    trust_folder(project, environ)
    loaded = load(environ=environ, cwd=project)
    assert "# Project setting ignored: " in effective_text(loaded, environ)
    assert effective_json(loaded, environ)["notices"][0]["title"] == "Project setting ignored"


# ---- the reference


def test_every_class_and_field_of_the_model_has_words() -> None:
    documents = reference._docstrings()
    for path, _ in known_keys(schema()):
        assert path
    for name, words in documents.items():
        cls = getattr(model, name, None) or getattr(model_work, name)
        if name.endswith("Config"):
            assert words[""], name
            assert {item.name for item in fields(cls)} <= set(words), name
            assert all(words[item.name].endswith(".") for item in fields(cls)), name


def test_the_reference_has_every_key_with_default_and_words() -> None:
    text = reference.reference_markdown()
    assert '| `theme` | text (letters, digits, `.`, `_` and `-`, at most 64) | `"llmmixer-dark"` | Name of a' in text
    assert "| `frames_per_second` | a whole number, 5 to 60 | `30` | Upper limit" in text
    assert "| `provider` | text | required |" in text
    assert "Not in a project file." in text
    for header in ("[ui]", "[endpoints.NAME]", "[[panes]]", "[roles.NAME]", '[prices."NAME"]', "[journal]", "[keys]"):
        assert f"### `{header}`" in text
    for path, _ in known_keys(schema()):
        assert path[-1] in {"NAME", "panes"} or f"| `{path[-1]}` |" in text
    for item in fields(model.PaneConfig):
        assert f"| `{item.name}` |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


def test_write_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"# Title\n\n{reference.BEGIN}\nold\n{reference.END}\n\nrest\n", encoding="utf-8")
    assert reference.main(["--check", str(path)]) == 1
    assert "out of date" in capsys.readouterr().err
    assert reference.main(["--write", str(path)]) == 0
    assert reference.main(["--check", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Title\n\n")
    assert text.endswith(f"{reference.END}\n\nrest\n")
    assert reference.reference_markdown() in text
    path.write_text("no markers", encoding="utf-8")
    assert reference.main(["--write", str(path)]) == 2
    assert reference.main([]) == 0
    assert capsys.readouterr().out == reference.reference_markdown()


def test_the_readme_is_in_step() -> None:
    text = README.read_text(encoding="utf-8")
    if reference.BEGIN not in text:
        pytest.skip("the README has no reference yet")
    assert reference.updated(text) == text, "run: python -m tui.config.reference --write README.md"
