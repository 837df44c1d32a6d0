"""A key of the environment appears nowhere: in no file, on no screen, in no output, in no crash report.

The servers are as nasty as can be: they send the caller's key back in errors, headers, model names, answers,
thinking and tool calls, cut into small pieces.
"""

import dataclasses
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import WaitUntil
from tui.config.load import load
from tui.config.model import Config
from tui.core.chat import Json
from tui.core.commands import Submit
from tui.core.events import Event, Notice, TurnFinished, to_json_line
from tui.demo.script import Declined, Ending, Refusal, Script, Text, Thinking, ToolCall
from tui.demo.server import DemoServer
from tui.demo.wires.base import Call, Exchange, HttpAnswer, WireServer
from tui.engine.bus import Subscription
from tui.engine.engine import build
from tui.engine.session import SessionPlan, plan_session
from tui.headless import STDERR, STDOUT, Job, Output, run
from tui.headless_output import OutputFormat
from tui.ui.app import LLMMixerApp

CANARIES = {
    "ANTHROPIC_API_KEY": "Vq7/pLx2+mT9wKd4RbN8s=aa",
    "OPENAI_API_KEY": "Hc3/yGu6+eZ1jWf5XoM0t=bb",
    "GEMINI_API_KEY": "Dn8/kSi4+vQ2rBh7UaP9z=cc",
}
PANES = ("claude", "gpt", "gemini")
PROMPTS = ("echo-plain", "echo-tool", "echo-refusal", "echo-auth", "echo-busy", "echo-caller", "demo:hostile@all")
HEADLESS = ("echo-plain", "echo-tool", "echo-auth", "echo-busy")
CONFIG = """
[cache]
enabled = true
[limits.anthropic]
requests_per_minute = 1000
[limits.openai]
requests_per_minute = 1000
[resilience]
max_wait = 0.01
[fallback]
mode = "off"
[budgets.month]
scope = "month"
limit_usd = 1000
"""


class EchoServer(DemoServer):
    """The stand-in, but it sends the caller's key back wherever the prompt asks for it."""

    def _consider(self, wire: WireServer, exchange: Exchange, *, counting: bool) -> HttpAnswer | tuple[Call, Script]:
        key, asked = wire.key(exchange), json.dumps(exchange.body)
        for words, refusal in (
            ("echo-auth", Refusal.BAD_KEY),
            ("echo-busy", Refusal.OVERLOADED),
            ("echo-caller", Refusal.BAD_REQUEST),
        ):
            if words in _last(asked):
                answer = wire.refuse(refusal, exchange.request_id)
                headers = {**answer.headers, "request-id": key, "x-request-id": key}
                return HttpAnswer(status=answer.status, body=_say(answer.body, key), headers=headers)
        reply = super()._consider(wire, exchange, counting=counting)
        if isinstance(reply, HttpAnswer):
            return reply
        call, script = reply
        echo = dataclasses.replace(call, model=f"model-{key}")
        said = f"Your key is {key}, in code `{key}`, twice {key}{key}, in a URL ?key={quote(key, safe='')}.\n\n{key}\n"
        if "echo-plain" in call.prompt:
            return echo, Script(steps=(Thinking(said), Text(said)), tokens_per_event=1)
        if "echo-tool" in call.prompt:
            tool = ToolCall(f"tool_{key}", {"command": f"curl -H {key}", key: key, "nested": {"deep": [key]}})
            return echo, Script(steps=(Text(said), tool), ending=Ending.TOOL_USE)
        if "echo-refusal" in call.prompt:
            return echo, Script(steps=(Declined(said),), ending=Ending.REFUSAL)
        return call, script


def _last(body: str) -> str:
    """The end of a request, where its last message is."""
    found = [body.rfind(f"echo-{word}") for word in ("plain", "tool", "refusal", "auth", "busy", "caller")]
    return body[max(found) :] if max(found) >= 0 else ""


def _say(body: Json, key: str) -> Json:
    if isinstance(body, Mapping):
        return {
            name: f"Incorrect API key provided: {key}, {key}" if name == "message" else _say(value, key)
            for name, value in body.items()
        }
    return [_say(item, key) for item in body] if isinstance(body, list) else body


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer(pace="instant") as running:
        yield running


@pytest.fixture
def environ(server: EchoServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    folder = Path(os.environ["LLMMIXER_HOME"])
    (folder / "config").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "config" / "config.toml").write_text(CONFIG, encoding="utf-8")
    return dict(os.environ)


def leaks(text: str) -> list[str]:
    """The canaries in `text`, in any way they may be written; also when lines or cells come between."""
    joined = "".join(text.split())
    return [
        name
        for name, key in CANARIES.items()
        if any(
            form in text or form in joined
            for form in (key, quote(key, safe=""), quote(key), json.dumps(key)[1:-1].replace("/", "\\/"))
        )
    ]


def leaking_files(*folders: Path) -> dict[str, list[str]]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    found = {path.name: leaks(path.read_bytes().decode("utf-8", "replace")) for path in files}
    return {name: names for name, names in found.items() if names}


def test_the_check_finds_a_leak(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(json.dumps({"a": CANARIES["GEMINI_API_KEY"]}), encoding="utf-8")
    assert leaking_files(tmp_path) == {"log": ["GEMINI_API_KEY"]}


def the_plan(environ: Mapping[str, str], cwd: Path) -> tuple[Config, SessionPlan]:
    config = load(environ=environ, cwd=cwd).config
    assert config.cache.enabled, "the configuration of this test was read"
    plan = plan_session(config, environ)
    assert plan is not None
    assert {pane.api_key for pane in plan.panes} == set(CANARIES.values())
    return config, plan


def _all_ended(listener: Subscription, events: list[Event]) -> bool:
    events += listener.drain()
    return sum(isinstance(event, TurnFinished) for event in events) == len(PANES)


def _screen(app: LLMMixerApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips(app.size))


def _text_of_svg(svg: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", svg))


async def test_no_file_and_no_screen_after_a_whole_session(
    environ: dict[str, str], home: Path, tmp_path: Path, wait_until: WaitUntil
) -> None:
    config, plan = the_plan(environ, tmp_path)
    state = home / "llmmixer" / "state"
    app = LLMMixerApp(build(config, plan, state_dir=state), config, environ=environ, cwd=tmp_path)
    seen: list[str] = []
    async with app.run_test(size=(180, 60)) as pilot:
        listener = app.engine.bus.subscribe("canary")
        for prompt in (*PROMPTS, "echo-plain"):
            events: list[Event] = []
            app.engine.handle(Submit(text=prompt))
            await wait_until(partial(_all_ended, listener, events), timeout=50.0)
            await pilot.pause()
            seen += [*map(to_json_line, events), _screen(app), app.export_screenshot()]
        for key in ("f5", "escape", "f6", "escape"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(_screen(app))
    assert any("masked:" in text for text in seen), "the servers did send the keys"
    assert [text[:300] for text in seen if leaks(text) or leaks(_text_of_svg(text))] == []
    assert any("masked:" in _text_of_svg(text) for text in seen if text.startswith("<svg")), "and the screen shows so"
    kinds = {path.suffix for path in state.rglob("*")}
    assert {".jsonl", ".sqlite", ".json"} <= kinds
    assert leaking_files(home) == {}


@pytest.mark.parametrize("form", list(OutputFormat))
@pytest.mark.parametrize("prompt", HEADLESS)
async def test_no_output_of_a_headless_run(
    environ: dict[str, str], home: Path, tmp_path: Path, form: OutputFormat, prompt: str
) -> None:
    config, plan = the_plan(environ, tmp_path)
    written = {STDOUT: bytearray(), STDERR: bytearray()}
    output = Output(lambda descriptor, data: written[descriptor].extend(data))
    engine = build(config, plan, state_dir=home / "llmmixer" / "state", interactive=False)
    await run(engine, Job(prompt=prompt, output_format=form), output)
    said = [bytes(data).decode() for data in written.values()]
    assert any("masked:" in text for text in said)
    assert [leaks(text) for text in said] == [[], []]
    assert leaking_files(home) == {}


@pytest.mark.parametrize(("prompt", "form"), zip(HEADLESS, (*OutputFormat, OutputFormat.JSON), strict=True))
def test_no_output_of_a_process(environ: dict[str, str], home: Path, prompt: str, form: OutputFormat) -> None:
    command = [sys.executable, "-m", "tui", "-p", prompt, "--output-format", form.value]
    done = subprocess.run(command, env=environ, cwd=home, input="", capture_output=True, text=True, check=False)
    assert "masked:" in done.stdout + done.stderr
    assert leaks(done.stdout) == leaks(done.stderr) == []
    assert leaking_files(home) == {}


async def test_a_defect_in_a_turn_tells_no_key(
    environ: dict[str, str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error whose message and cause hold the keys ends the turn; notice, events, journal and log are clean."""
    told = " and ".join(CANARIES.values())

    def broken(**_: object) -> None:
        raise RuntimeError(f"it broke with {told}") from ValueError(told)

    config, plan = the_plan(environ, tmp_path)
    engine = build(config, plan, state_dir=home / "state")
    listener = engine.bus.subscribe("canary")
    await engine.start()
    monkeypatch.setattr("tui.engine.answering.plan_retry", broken)
    engine.handle(Submit(text="echo-busy"))
    events: list[Event] = []
    while sum(isinstance(event, TurnFinished) for event in events) < len(PANES):
        events += await listener.get()
    await engine.close()
    ends = [event for event in events if isinstance(event, TurnFinished)]
    assert {end.problem.title for end in ends if end.problem} == {"Internal error"}
    assert any("RuntimeError" in event.problem.text for event in events if isinstance(event, Notice))
    assert [line for line in map(to_json_line, events) if leaks(line)] == []
    assert leaking_files(home) == {}


def test_a_crash_before_the_session_begins_tells_no_key(environ: dict[str, str]) -> None:
    """Nothing has been registered as a secret yet: the environment itself says what must not be told."""
    program = (
        "import os, sys\n"
        "from tui import cli\n"
        "sys.excepthook = cli._masked_excepthook\n"
        "raise RuntimeError(' and '.join(os.environ[name] for name in sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *CANARIES], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert leaks(done.stderr) == leaks(done.stdout) == []


async def test_a_crash_of_the_application_tells_no_key(
    environ: dict[str, str], home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report of a crashed screen is a traceback without local variables and without keys."""
    config, plan = the_plan(environ, tmp_path)
    key = plan.panes[0].api_key
    app = LLMMixerApp(build(config, plan, state_dir=home / "state"), config, environ=environ, cwd=tmp_path)

    def crash() -> None:
        secret = key
        raise RuntimeError(f"no frame with {secret}")

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            app.call_next(crash)
            await pilot.pause()

    with pytest.raises(RuntimeError, match="no frame"):
        await run()
    report = capsys.readouterr().err
    assert "in crash" in report
    assert "RuntimeError: no frame with [masked:" in report
    assert "locals" not in report
    assert leaks(report) == []
    assert leaking_files(home) == {}
