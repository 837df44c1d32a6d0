"""The doctor: every check by itself, the two outputs, and the whole as a process."""

import asyncio
import json
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COMMAND, KEY, PATIENCE_S, environment, in_terminal, run
from tests.engine.scripted import ScriptedProvider
from tui.config.load import load
from tui.config.model import Config, EndpointConfig, GatewayConfig
from tui.core import secrets
from tui.core.errors import Failure, Outcome, Problem, ProviderError
from tui.demo.server import DemoServer
from tui.doctor.local import key_checks, load_or_default, package_check, program_checks, state_check
from tui.doctor.models import Target, listed, may_answer, model_checks
from tui.doctor.report import Check, Status, as_json, as_text, cleaned, exit_code
from tui.doctor.terminal import Terminal, terminal_checks
from tui.providers.base import ModelInfo

DEAD = "http://127.0.0.1:9/v1"


def check(status: Status, detail: str = "fine", remedy: str = "", group: str = "Keys") -> Check:
    return Check(id=f"keys.{status}", group=group, title="a key", status=status, detail=detail, remedy=remedy)


def by_id(checks: list[Check]) -> dict[str, Check]:
    assert len({item.id for item in checks}) == len(checks)
    return {item.id: item for item in checks}


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", set())


def test_text_is_aligned_and_tells_the_remedy_below() -> None:
    checks = [check(Status.OK), check(Status.FAIL, "gone", "bring it back"), check(Status.SKIP, group="Files")]
    assert as_text(checks, colour=False, ascii_only=False).splitlines() == [
        "Keys",
        "  ✓ ok    a key                  fine",
        "  ✗ fail  a key                  gone",
        "                                 → bring it back",
        "",
        "Files",
        "  · skip  a key                  fine",
        "",
        "1 ok, 0 warn, 1 fail, 1 skip",
    ]


def test_text_can_be_ascii_and_without_colour() -> None:
    text = as_text([check(Status.FAIL, "größer — ✗", "→")], colour=False, ascii_only=True)
    assert text.isascii()
    assert "x fail" in text
    assert "\x1b[31m" in as_text([check(Status.FAIL)], colour=True, ascii_only=False)


def test_text_is_wrapped_to_the_terminal() -> None:
    text = as_text([check(Status.WARN, "word " * 40, "word " * 40)], colour=False, ascii_only=False, width=80)
    assert max(map(len, text.splitlines())) <= 80


def test_only_a_failure_makes_the_exit_code_1() -> None:
    assert exit_code([check(status) for status in (Status.OK, Status.WARN, Status.SKIP)]) == 0
    assert exit_code([check(Status.FAIL)]) == 1


def test_json_lists_the_checks() -> None:
    report = json.loads(as_json([check(Status.OK), check(Status.FAIL, "d", "r")]))
    assert report["ok"] is False
    assert report["summary"] == {"ok": 1, "warn": 0, "fail": 1, "skip": 0}
    assert report["checks"][1] == {
        "id": "keys.fail", "group": "Keys", "title": "a key", "status": "fail", "detail": "d", "remedy": "r",
    }  # fmt: skip


def test_a_check_shows_no_secret_and_no_escape() -> None:
    secrets.register([KEY])
    shown = cleaned(check(Status.FAIL, f"\x1b[2J{KEY}", KEY))
    assert KEY not in shown.detail + shown.remedy
    assert "\x1b" not in shown.detail


def test_every_package_has_its_version() -> None:
    checks = by_id(program_checks())
    assert checks["program.anthropic"].detail == metadata.version("anthropic")
    assert {item.status for item in checks.values()} == {Status.OK}


@pytest.mark.parametrize(
    ("version", "status"), [("2.12.0", Status.OK), ("2.9", Status.WARN), ("3.0.1", Status.WARN), ("2.13rc1", Status.OK)]
)
def test_package_bounds(version: str, status: Status) -> None:
    assert package_check("x", ">=2.12,<3", lambda name: version).status is status


def test_a_missing_package_fails_with_a_remedy() -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    gone = package_check("x", "", missing)
    assert gone.status is Status.FAIL
    assert gone.remedy


def test_keys_are_told_by_the_name_of_the_variable_alone(home: Path, tmp_path: Path) -> None:
    config = load(environ={"HOME": str(home)}, cwd=tmp_path).config
    url = f"https://user:{KEY}@gateway.example/v1?token={KEY}"
    environ = {"ANTHROPIC_API_KEY": KEY, "GOOGLE_API_KEY": f" {KEY}", "ANTHROPIC_BASE_URL": url}
    checks = by_id(key_checks(config, environ, frozenset({"openai"})))
    assert checks["keys.anthropic"].status is Status.OK
    assert checks["keys.anthropic"].detail == "ANTHROPIC_API_KEY is set"
    assert checks["keys.anthropic.address"].detail == "ANTHROPIC_BASE_URL sends it to https://gateway.example/v1"
    assert checks["keys.gemini"].status is Status.WARN
    assert checks["keys.openai"].status is Status.FAIL
    assert "OPENAI_API_KEY" in checks["keys.openai"].remedy
    assert checks["keys.compatible"].status is Status.SKIP
    assert KEY not in repr(checks)


@pytest.mark.parametrize(("key", "status"), [(KEY, Status.OK), ("", Status.FAIL)])
def test_the_gateway_and_what_goes_through_it(home: Path, tmp_path: Path, key: str, status: Status) -> None:
    environ = {
        "HOME": str(home), "ANTHROPIC_API_KEY": KEY, "OPENAI_BASE_URL": DEAD, "LITELLM_PROXY_API_KEY": key,
        "LLMMIXER_GATEWAY_BASE_URL": "https://litellm.example.org", "LLMMIXER_GATEWAY_ENDPOINTS": "openai, gemini",
    }  # fmt: skip
    config = load(environ=environ, cwd=tmp_path).config
    checks = by_id(key_checks(config, environ, frozenset()))
    assert checks["keys.gateway"].status is status
    assert "LITELLM_PROXY_API_KEY" in checks["keys.gateway"].detail + checks["keys.gateway"].remedy
    assert checks["keys.gateway.address"].detail == "https://litellm.example.org stands before openai, gemini"
    assert checks["keys.openai"].detail == "through the gateway, with the gateway's key"
    assert checks["keys.openai.address"].detail == "OPENAI_BASE_URL is set, and ignored because of the gateway"
    assert checks["keys.anthropic"].detail == "ANTHROPIC_API_KEY is set"
    assert KEY not in repr(checks)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://litellm.example.org", Status.OK),
        ("http://127.0.0.1:4000", Status.OK),
        ("http://[::1]:4000", Status.OK),
        ("http://litellm.example.org:4000", Status.WARN),
    ],
)
def test_a_gateway_without_encryption_is_told(address: str, status: Status) -> None:
    config = Config(gateway=GatewayConfig(base_url=address))
    assert by_id(key_checks(config, {}, frozenset()))["keys.gateway.address"].status is status


def test_the_gateway_is_asked_once_for_the_models_of_all_panes(home: Path, tmp_path: Path, server: DemoServer) -> None:
    environ = {
        "HOME": str(home), "LITELLM_PROXY_API_KEY": KEY, "OPENAI_COMPATIBLE_BASE_URL": DEAD,
        "LLMMIXER_GATEWAY_BASE_URL": server.url, "LLMMIXER_GATEWAY_ENDPOINTS": "openai, anthropic",
    }  # fmt: skip
    config = load(environ=environ, cwd=tmp_path).config
    checks = by_id(model_checks(config, environ, offline=False))
    assert checks["models.gateway"].status is Status.WARN  # the stand-in lists OpenAI's models there, no others
    assert checks["models.gateway"].detail.endswith("but not claude-sonnet-5-5")
    assert "models.openai" not in checks
    assert [(request.path, request.headers["authorization"]) for request in server.requests] == [
        ("/v1/models", f"Bearer {KEY}")
    ]
    dead = load(environ=environ | {"LLMMIXER_GATEWAY_BASE_URL": DEAD}, cwd=tmp_path).config
    assert by_id(model_checks(dead, environ, offline=False))["models.gateway"].status is Status.FAIL


def test_two_different_keys_for_one_vendor(home: Path, tmp_path: Path) -> None:
    config = load(environ={"HOME": str(home)}, cwd=tmp_path).config
    both = by_id(key_checks(config, {"GOOGLE_API_KEY": "one-key", "GEMINI_API_KEY": "another"}, frozenset()))
    assert both["keys.gemini"].status is Status.WARN
    assert both["keys.gemini"].detail.startswith("GOOGLE_API_KEY is set and wins")
    same = by_id(key_checks(config, {"GOOGLE_API_KEY": "one-key", "GEMINI_API_KEY": "one-key"}, frozenset()))
    assert same["keys.gemini"].status is Status.OK


def test_a_broken_configuration_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "config.toml").write_text("[ui]\nthem = 1\n", encoding="utf-8")
    loaded, checks = load_or_default({"HOME": "/", "LLMMIXER_HOME": str(tmp_path)}, tmp_path)
    assert [item.status for item in checks] == [Status.FAIL]
    assert "config.toml:2" in checks[0].detail
    assert "anthropic" in loaded.config.endpoints


def test_an_untrusted_project_file_is_a_warning(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".llmmixer").mkdir()
    (tmp_path / ".llmmixer" / "config.toml").write_text("", encoding="utf-8")
    _, checks = load_or_default({"HOME": str(home)}, tmp_path)
    assert by_id(checks)["config.file.project"].status is Status.WARN
    assert by_id(checks)["config.file.user"].status is Status.SKIP


def test_state_folder(tmp_path: Path) -> None:
    environ = {"HOME": "/", "LLMMIXER_HOME": str(tmp_path)}
    assert state_check(environ).status is Status.OK
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    assert state_check(environ).status is Status.OK
    folder.chmod(0o755)
    assert state_check(environ).status is Status.WARN
    assert "chmod 700" in state_check(environ).remedy
    folder.rmdir()
    folder.write_text("a file in its place")
    assert state_check(environ).status is Status.FAIL
    assert state_check({}).status is Status.FAIL


@pytest.mark.parametrize(
    ("wanted", "models", "status"),
    [
        ((), ["a"], Status.OK),
        ((), [], Status.WARN),
        (("a",), ["a", "b"], Status.OK),
        (("a",), ["models/a"], Status.OK),
        (("llama3",), ["llama3:latest"], Status.OK),
        (("claude-x",), ["claude-x-20261001"], Status.OK),
        (("a",), ["ab"], Status.WARN),
        (("a",), [], Status.WARN),
    ],
)
def test_models_that_panes_want(wanted: tuple[str, ...], models: list[str], status: Status) -> None:
    target = Target(name="x", endpoint=EndpointConfig(), api_key=None, base_url=None, wanted=wanted)
    assert listed(target, models).status is status


def test_only_a_silent_port_of_this_machine_is_not_asked(server: DemoServer) -> None:
    assert may_answer(f"{server.url}/v1")
    assert not may_answer(DEAD)
    assert may_answer("https://models.example/v1")
    assert may_answer("http://127.0.0.1:port/v1")


class Slow(ScriptedProvider):
    """Never answers which models it has."""

    async def models(self) -> list[ModelInfo]:
        await asyncio.Event().wait()
        return []


class Failing(ScriptedProvider):
    """Fails when asked for its models."""

    outcome = Outcome.OFFLINE

    async def models(self) -> list[ModelInfo]:
        raise ProviderError(Failure(outcome=self.outcome, problem=Problem(title="No", text="never", hint="do this")))


class Unlisted(Failing):
    """Refuses to list its models."""

    outcome = Outcome.CALLER_ERROR


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (Slow, Status.FAIL, "no answer within 0.05 s"),
        (Failing, Status.FAIL, "No: never"),
        (Unlisted, Status.WARN, "No: never"),
    ],
)
def test_a_provider_that_does_not_answer(
    home: Path, tmp_path: Path, kind: type[ScriptedProvider], status: Status, said: str
) -> None:
    made: list[ScriptedProvider] = []

    def create(*args: Any, **kwargs: Any) -> ScriptedProvider:
        made.append(kind([]))
        return made[-1]

    config = load(environ={"HOME": str(home)}, cwd=tmp_path).config
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_COMPATIBLE_BASE_URL": DEAD}
    checks = by_id(model_checks(config, environ, offline=False, create=create, limit_s=0.05))
    assert (checks["models.openai"].status, checks["models.openai"].detail) == (status, said)
    assert checks["models.compatible"].status is Status.SKIP
    assert [provider.closed for provider in made] == [True]


def statuses(terminal: Terminal, **environ: str) -> dict[str, Status]:
    return {item.id.removeprefix("terminal."): item.status for item in terminal_checks(terminal, environ)}


def test_a_good_terminal() -> None:
    answers = b"\x1b[?2026;2$y\x1b[1;2R\x1b[?62;22c"
    found = statuses(
        Terminal(is_tty=True, encoding="utf-8", size=(120, 40), answers=answers),
        TERM="xterm-256color", COLORTERM="truecolor", LANG="en_GB.UTF-8",
    )  # fmt: skip
    assert set(found.values()) == {Status.OK}


@pytest.mark.parametrize(
    ("terminal", "environ", "warned"),
    [
        (Terminal(is_tty=True, encoding="utf-8", size=(40, 10)), {"TERM": "xterm-256color"}, {"size"}),
        (Terminal(is_tty=True, encoding="utf-8"), {"TERM": "dumb", "COLORTERM": "truecolor"}, {"term"}),
        (Terminal(is_tty=True, encoding="utf-8"), {"TERM": "vt100", "NO_COLOR": "1"}, set()),
        (Terminal(is_tty=True, encoding="ascii"), {"TERM": "xterm-256color"}, {"locale"}),
        (
            Terminal(is_tty=True, encoding="utf-8", answers=b"\x1b[?2026;0$y\x1b[1;3R\x1b[?62c"),
            {"TERM": "xterm-256color"},
            {"synchronized", "width"},
        ),
    ],
)
def test_terminals_with_a_weakness(terminal: Terminal, environ: dict[str, str], warned: set[str]) -> None:
    found = statuses(terminal, **environ)
    assert {name for name, status in found.items() if status is Status.WARN} == warned


SCHEMA = {"id", "group", "title", "status", "detail", "remedy"}


def test_doctor_json_with_everything_reachable(server: DemoServer, tmp_path: Path) -> None:
    done = run("doctor", "--json", env=environment(server), cwd=tmp_path)
    assert done.code == 0, done.out
    report = done.json()
    assert report["ok"] is True
    assert all(set(item) == SCHEMA for item in report["checks"])
    found = {item["id"]: item for item in report["checks"]}
    assert len(found) == len(report["checks"])
    for vendor in ("anthropic", "openai", "gemini"):
        assert found[f"keys.{vendor}"]["status"] == "ok"
        assert found[f"models.{vendor}"]["status"] == "ok", found[f"models.{vendor}"]
        assert "among them" in found[f"models.{vendor}"]["detail"]
    assert KEY not in done.out + done.err


def test_doctor_fails_when_a_server_cannot_be_reached(tmp_path: Path) -> None:
    env = environment(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=DEAD, OPENAI_COMPATIBLE_BASE_URL=DEAD)
    done = run("doctor", env=env, cwd=tmp_path)
    assert done.code == 1
    assert "✗ fail  openai" in done.out
    assert "→" in done.out
    assert KEY not in done.out + done.err


def test_doctor_offline_asks_nobody_and_loads_no_sdk(tmp_path: Path) -> None:
    env = environment(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=DEAD)
    script = (
        "import sys\nfrom tui.cli import main\ncode = main(['doctor', '--offline', '--json'])\n"
        "heavy = {'anthropic', 'openai', 'google.genai', 'httpx2', 'textual'}\n"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", script],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert done.stderr == "0 []\n"
    assert {item["status"] for item in json.loads(done.stdout)["checks"]} <= {"ok", "warn", "skip"}


def test_doctor_asks_a_real_terminal(tmp_path: Path) -> None:
    """A pseudo-terminal whose other end answers as a terminal does."""
    code, output = in_terminal(
        "doctor", "--offline",
        env=environment(), cwd=tmp_path,
        trigger=lambda output: b"\x1b[c" in output, answer=b"\x1b[?2026;1$y\x1b[5;3R\x1b[?62;22c",
    )  # fmt: skip
    assert code == 0
    text = output.decode()
    assert "yes; frames appear whole" in text
    assert "take 2 cells" in text
    assert "\x1b[32m" in text


def test_doctor_in_a_terminal_that_does_not_answer(tmp_path: Path) -> None:
    code, output = in_terminal(
        "doctor", "--offline", env=environment(NO_COLOR="1"), cwd=tmp_path, trigger=lambda output: False, answer=b""
    )
    assert code == 0
    assert "the terminal does not answer questions" in output.decode()
    assert b"\x1b[32m" not in output
