"""The program as a process: real SDKs against the stand-in, real pipes, real signals."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, KEY, PATIENCE_S, environment, run, start
from tui.demo.server import DemoServer

DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens there


def test_three_panes_as_markdown(server: DemoServer, tmp_path: Path) -> None:
    done = run("-p", "hello there", env=environment(server), cwd=tmp_path)
    assert done.code == 0, done.err
    headings = [line for line in done.out.splitlines() if line.startswith("## ") and line.endswith(")")]
    assert headings == ["## claude (claude-sonnet-5-5)", "## gpt (gpt-6.2-sol)", "## gemini (gemini-4-argon)"]
    assert done.err == ""


def test_the_demo_needs_no_key_and_says_what_it_is(tmp_path: Path) -> None:
    done = run("-p", "hello", "--demo", "--pane", "openai", "--output-format", "json", env=environment(), cwd=tmp_path)
    assert done.code == 0, done.err
    assert "demo" in done.err
    result = done.json()
    assert result["demo"] is True
    assert result["panes"][0]["text"].strip()


def test_a_proxy_does_not_stand_between_this_machine_and_itself(server: DemoServer, tmp_path: Path) -> None:
    env = environment(server, HTTP_PROXY=DEAD, ALL_PROXY=DEAD, http_proxy=DEAD)
    done = run("-p", "hello", env=env, cwd=tmp_path)
    assert done.code == 0, done.err


def test_stdin_goes_below_the_prompt(server: DemoServer, tmp_path: Path) -> None:
    words = ("-p", "Explain this", "--pane", "openai:gpt-6-luna", "--system", "Be brief.", "--output-format", "json")
    before = len(server.requests)
    done = run(*words, env=environment(server), cwd=tmp_path, stdin="zwölf\nboxing\n".encode())
    assert done.code == 0, done.err
    (request,) = server.requests[before:]
    assert "Explain this\\n\\nzwölf\\nboxing" in str(request.body) or "Explain this\n\nzwölf\nboxing" in str(
        request.body
    )
    assert "Be brief." in str(request.body)
    assert "gpt-6-luna" in str(request.body)


def test_stdin_alone_is_the_prompt(server: DemoServer, tmp_path: Path) -> None:
    before = len(server.requests)
    done = run("-p", "-", "--pane", "openai", env=environment(server), cwd=tmp_path, stdin=b"only this")
    assert done.code == 0, done.err
    assert "only this" in str(server.requests[before:][0].body)


def test_stream_json_lines(server: DemoServer, tmp_path: Path) -> None:
    done = run("-p", "hello", "--output-format", "stream-json", env=environment(server), cwd=tmp_path)
    assert done.code == 0, done.err
    lines = done.lines()
    for pane in ("claude", "gpt", "gemini"):
        own = [line for line in lines if line.get("pane") == pane]
        assert own[-1]["type"] == "turn_finished"
        assert own[-1]["outcome"] == "success"
        assert own[-1]["attempts"] == 1
        numbers = [line["seq"] for line in own if line["type"] in ("text_delta", "thinking_delta")]
        assert numbers == sorted(set(numbers))
        message = next(line for line in own if line["type"] == "message_completed")
        assert "".join(line["text"] for line in own if line["type"] == "text_delta") == message["message"]["text"]


@pytest.mark.parametrize(
    ("scene", "code", "outcome"),
    [
        ("overloaded@all", 5, "transient"),
        ("rate-limit@all", 5, "rate_limited"),
        ("quota@all", 5, "quota_spent"),
        ("bad-key@all", 1, "auth"),
        ("no-end@all", 1, "truncated"),
        ("danger@all", 4, "success"),
    ],
)
def test_exit_codes_of_scenes(server: DemoServer, tmp_path: Path, scene: str, code: int, outcome: str) -> None:
    words = ("-p", f"demo:{scene}", "--pane", "openai", "--output-format", "json")
    done = run(*words, env=environment(server), cwd=tmp_path)
    assert done.code == code, done.err
    result = done.json()
    assert (result["exit_code"], result["panes"][0]["outcome"]) == (code, outcome)
    assert "gpt" in done.err
    assert KEY not in done.out + done.err


def test_nobody_listens(tmp_path: Path) -> None:
    env = environment(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=f"{DEAD}/v1")
    done = run("-p", "x", "--pane", "openai", env=env, cwd=tmp_path)
    assert done.code == 5, done.err
    assert done.out == ""
    assert "offline" in done.err


@pytest.mark.parametrize("address", ["http://127.0.0.1:port/v1", "no-address", "ftp://127.0.0.1/v1"])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    env = environment(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=address)
    done = run("-p", "x", "--pane", "openai", "--output-format", "json", env=env, cwd=tmp_path)
    assert done.code == 1, done.err
    assert done.json()["panes"][0]["outcome"] == "caller_error"
    assert done.err.count("Bad address") == 1
    assert "Traceback" not in done.err
    doctor = run("doctor", env=env, cwd=tmp_path)
    assert "Bad address" in doctor.out


def test_one_pane_of_two_fails(server: DemoServer, tmp_path: Path) -> None:
    words = ("-p", "demo:overloaded@openai", "--pane", "openai", "--pane", "compatible:demo")
    env = environment(server, OPENAI_COMPATIBLE_BASE_URL=f"{server.url}/v1")
    done = run(*words, env=env, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "1 of 2 panes failed: gpt" in done.err
    assert "## demo (demo)" in done.out
    assert "*Not complete: Overloaded*" in done.out


def test_timeout(server: DemoServer, tmp_path: Path) -> None:
    words = ("-p", "demo:stall@all", "--pane", "openai", "--timeout", "3", "--output-format", "json")
    done = run(*words, env=environment(server), cwd=tmp_path)
    assert done.code == 124, done.err
    assert done.json()["panes"][0]["outcome"] == "cancelled"
    assert "--timeout" in done.err


def test_timeout_while_standard_input_stays_open(server: DemoServer, tmp_path: Path) -> None:
    words = ("-p", "-", "--timeout", "0.5")
    with start(*words, env=environment(server), cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.wait(PATIENCE_S) == 124
        assert process.stderr is not None
        assert b"standard input" in process.stderr.read()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(server: DemoServer, tmp_path: Path, number: signal.Signals, code: int) -> None:
    words = ("-p", "demo:stall@all", "--pane", "openai", "--output-format", "stream-json")
    with start(*words, env=environment(server), cwd=tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b'"text_delta"' in line:
                break
        process.send_signal(number)
        rest = process.stdout.read().decode()
        assert process.wait(PATIENCE_S) == code
    assert '"outcome": "cancelled"' in rest
    assert rest.splitlines()[-1].startswith('{"type": "session_ended"')
    assert server.wait_hangup()


def test_a_reader_that_leaves_early(server: DemoServer, tmp_path: Path) -> None:
    words = ("-p", "demo:stall@all", "--pane", "openai", "--output-format", "stream-json")
    with start(*words, env=environment(server), cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 1
        assert process.stderr.read() == b""


def test_closed_standard_output(server: DemoServer, tmp_path: Path) -> None:
    command = f'exec "{COMMAND[0]}" -m tui -p hi --pane openai >&- </dev/null'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=environment(server),
        cwd=tmp_path,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == b"llmmixer: standard output is closed\n"


def test_help_into_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, "--help"],
            env=environment(),
            cwd=tmp_path,
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (("-p", "x"), {}, "No model to ask"),
        (("-p", "x", "--pane", "anthropic"), {}, "needs a key and none is set"),
        (("-p", "x", "--pane", "nobody"), {"OPENAI_API_KEY": KEY}, "Unknown provider"),
        (("-p", ""), {"OPENAI_API_KEY": KEY}, "Empty prompt"),
        (("-p", "x"), {"LLMMIXER_UI_THEMES": "x"}, "LLMMIXER_UI_THEMES"),
        (("-p", "x"), {"LLMMIXER_HOME": "relative"}, "LLMMIXER_HOME"),
        ((), {}, "Not a terminal"),
        (("--demo",), {}, "Not a terminal"),
        (("config", "trust"), {}, "Nothing to trust"),
    ],
)
def test_wrong_use_is_exit_code_2(tmp_path: Path, words: tuple[str, ...], more: dict[str, str], said: str) -> None:
    env = environment(OPENAI_COMPATIBLE_BASE_URL=f"{DEAD}/v1") | more
    done = run(*words, env=env, cwd=tmp_path)
    assert (done.code, done.out) == (2, ""), done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_mistake_in_the_configuration_names_file_and_key(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "config"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[ui]\nthem = "x"\n', encoding="utf-8")
    done = run("-p", "x", env=environment(LLMMIXER_HOME=str(tmp_path / "home")), cwd=tmp_path)
    assert done.code == 2
    assert "config.toml:2" in done.err
    assert "ui.them" in done.err


def test_trusting_a_folder_makes_its_file_count(tmp_path: Path) -> None:
    folder = tmp_path / "project" / ".llmmixer"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[ui]\nthinking = "hidden"\n', encoding="utf-8")
    cwd = folder.parent
    env = environment()

    def thinking() -> str:
        values = run("config", "--json", env=env, cwd=cwd).json()["values"]
        return str(values["ui.thinking"]["value"])

    assert thinking() == "folded"
    assert run("config", "trust", env=env, cwd=cwd).code == 0
    assert thinking() == "hidden"
    assert run("config", "untrust", env=env, cwd=cwd).code == 0
    assert thinking() == "folded"


def test_the_state_folder_belongs_to_its_owner_alone(server: DemoServer, tmp_path: Path) -> None:
    home = tmp_path / "own"
    done = run("-p", "hello", "--pane", "openai", env=environment(server, LLMMIXER_HOME=str(home)), cwd=tmp_path)
    assert done.code == 0, done.err
    (journal,) = (home / "state" / "sessions").glob("*.jsonl")
    assert [path.stat().st_mode & 0o077 for path in (home / "state", journal)] == [0, 0]
