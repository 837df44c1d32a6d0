"""The command line: what `llmmixer` does with its arguments. Nothing heavy is imported before it is needed."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn

from tui import __version__
from tui.core.errors import ExitCode, LLMMixerError, Problem, UsageError

if TYPE_CHECKING:
    from tui.config.load import Loaded
    from tui.engine.session import SessionPlan

PROGRAM: Final = "llmmixer"
_LONGEST_TIMEOUT: Final = 7 * 24 * 3600.0
_PROMPT_ONLY: Final = ("output_format", "timeout", "system", "max_budget_usd")

_DESCRIPTION: Final = """\
One prompt to Claude, GPT and Gemini, side by side in one terminal.

Without -p the application starts. Its panes are those of the configuration, else one for each vendor whose key is in
the environment, else the models of a local server (Ollama's address), else the demo, which needs no key."""

_EPILOG: Final = """\
examples:
  llmmixer --demo                             look around without a key
  llmmixer --pane anthropic --pane openai:gpt-6.2-sol
  llmmixer -p "Explain this error" < error.log
  git diff | llmmixer -p "Review this" --pane anthropic
  llmmixer -p "Hello" --output-format json | jq -r '.panes[].text'

exit codes:
  0    every model answered             5    no model was available: each was overloaded, rate-limited,
  1    a model failed                        out of quota or could not be reached
  2    wrong usage or configuration     124  --timeout was over
  3    the budget is spent              130  interrupted (Ctrl+C); a second Ctrl+C ends at once
  4    a tool needed an approval        143  terminated

environment:
  ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY              the keys; no file holds them
  ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GOOGLE_GEMINI_BASE_URL                      other addresses
  OPENAI_COMPATIBLE_BASE_URL, OPENAI_COMPATIBLE_API_KEY                            the endpoint “compatible”
  LLMMIXER_HOME                                                                    one folder for settings and sessions
  LLMMIXER_<KEY>                              any key of the configuration: LLMMIXER_UI_THEME, LLMMIXER_TIMEOUTS_IDLE
  NO_COLOR                                                                         no colours"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one clear line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and exit with 2."""
        from tui.core.untrusted import clean_line

        message = message.removeprefix("argument ")
        if message.startswith("COMMAND: invalid choice: "):
            word = message.removeprefix("COMMAND: invalid choice: ").partition(" (choose")[0]
            message = f'there is no command {word}; a prompt is sent with -p and goes in quotes: {PROGRAM} -p "…"'
        self.exit(ExitCode.USAGE, f"{self.prog}: {clean_line(message, 400)} (see {self.prog} --help)\n")

    def options(self) -> set[str]:
        """Return every option of this parser and of its commands."""
        found: set[str] = set()
        for action in self._actions:
            found.update(action.option_strings)
            if isinstance(action.choices, dict):
                for command in action.choices.values():
                    found |= command.options()
        return found


def _refuse_unknown_option(parser: _Parser, words: Sequence[str]) -> None:
    """Name a misspelt option; argparse would complain of the word after it instead."""
    known = parser.options()
    for word in words:
        name = word.partition("=")[0]
        if name == "--":
            return
        if name.startswith("--") and " " not in name and name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, sorted(known), 1)
            parser.error(f"there is no option {name}" + (f"; did you mean {close[0]}?" if close else ""))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _pane(text: str) -> str:
    provider, colon, model = text.partition(":")
    if not provider or (colon and not model):
        raise argparse.ArgumentTypeError(f"{text!r} is not PROVIDER or PROVIDER:MODEL")
    return text


def build_parser() -> _Parser:
    """Return the parser of the whole command line."""
    parser = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    session = parser.add_argument_group("session")
    session.add_argument("--demo", action="store_true", help="talk to the built-in stand-in models; costs nothing")
    session.add_argument(
        "--pane",
        action="append",
        type=_pane,
        default=[],
        metavar="PROVIDER[:MODEL]",
        help="a pane, instead of the configured ones; repeat for more. PROVIDER: anthropic, openai, gemini, "
        "compatible, or an endpoint of the configuration",
    )
    session.add_argument("--theme", metavar="NAME", help="colour theme of the application")
    prompt = parser.add_argument_group("without a screen")
    prompt.add_argument(
        "-p",
        "--prompt",
        nargs="?",
        const="-",
        metavar="PROMPT",
        help="send one prompt, print the answers and exit. Piped standard input is added below the prompt; "
        "without PROMPT, or with -, it is the prompt",
    )
    prompt.add_argument(
        "--output-format",
        choices=("text", "json", "stream-json"),
        help="text: Markdown, several panes one after another (default); json: one object at the end; "
        "stream-json: every event as a line",
    )
    prompt.add_argument("--timeout", type=_seconds, metavar="S", help="stop after S seconds, exit with 124")
    prompt.add_argument("--system", metavar="TEXT", help="system prompt of every pane, instead of the configured ones")
    prompt.add_argument("--max-budget-usd", metavar="N", help="not available yet")
    _add_commands(parser)
    return parser


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    doctor = commands.add_parser(
        "doctor",
        help="check keys, models, terminal and files, with a remedy for whatever is wrong",
        description="Check keys, models, terminal and files. Exits with 1 when a check failed.",
        allow_abbrev=False,
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.add_argument("--offline", action="store_true", help="ask no server for its models")
    config = commands.add_parser(
        "config",
        help="show every setting in effect and where it comes from",
        description="Show every setting in effect and where it comes from.",
        allow_abbrev=False,
    )
    config.add_argument(
        "verb",
        nargs="?",
        choices=("show", "trust", "untrust"),
        default="show",
        help="trust: read this folder's .llmmixer/config.toml from now on; untrust: no longer",
    )
    config.add_argument("--json", action="store_true", help="print one JSON object")
    config.add_argument("--keys", action="store_true", help="list the actions that [keys] can bind, with their keys")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    started = time.monotonic()
    sys.excepthook = _masked_excepthook
    try:
        parser = build_parser()
        _refuse_unknown_option(parser, sys.argv[1:] if argv is None else argv)
        arguments = parser.parse_args(argv)
        _check_combination(parser, arguments)
        code = _dispatch(arguments, started)
        if sys.stdout is not None:
            sys.stdout.flush()
    except LLMMixerError as error:
        _say_problem(error.problem)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitCode.FAILED
    return code


def _check_combination(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    if arguments.command is not None:
        for name in ("prompt", "demo", "pane", "theme", *_PROMPT_ONLY):
            if getattr(arguments, name):
                parser.error(f"--{name.replace('_', '-')} does not go with the command {arguments.command}")
        return
    if arguments.max_budget_usd is not None:
        parser.error("--max-budget-usd is not available yet: this version does not enforce budgets")
    if arguments.prompt is None:
        for name in _PROMPT_ONLY:
            if getattr(arguments, name) is not None:
                parser.error(f"--{name.replace('_', '-')} needs -p")
    elif arguments.theme is not None:
        parser.error("--theme does not go with -p, which has no screen")


def _dispatch(arguments: argparse.Namespace, started: float) -> int:
    if arguments.command == "doctor":
        from tui.doctor import run_doctor

        return run_doctor(os.environ, _folder(), as_json=arguments.json, offline=arguments.offline)
    if arguments.command == "config":
        from tui.cli_config import run_config

        return run_config(arguments, os.environ, _folder())
    if arguments.prompt is not None:
        return _run_prompt(arguments, started)
    return _run_screen(arguments)


def _run_prompt(arguments: argparse.Namespace, started: float) -> int:
    from tui.headless_input import read_prompt

    deadline = None if arguments.timeout is None else started + arguments.timeout
    try:
        prompt = read_prompt(arguments.prompt, deadline=deadline)
    except TimeoutError:
        _say(f"the time of {arguments.timeout:g} s is over (--timeout) while waiting for standard input to end")
        return ExitCode.TIMEOUT
    from tui.config.load import load

    loaded = load(environ=os.environ, cwd=_folder())
    for notice in loaded.notices:
        _say_problem(notice)
    if not arguments.demo:
        plan = _plan(loaded, arguments)
        if plan is None:
            raise UsageError(_NO_MODEL)
        _require_keys(plan)
        return _run_headless(loaded, plan, arguments, prompt, deadline)
    from tui.demo.server import DemoServer

    with DemoServer() as server:
        plan = _plan(loaded, arguments, server.url)
        if plan is None:
            raise UsageError(_NO_MODEL)
        return _run_headless(loaded, plan, arguments, prompt, deadline)


_NO_MODEL: Final = Problem(
    title="No model to ask",
    text="No key is set, no pane is configured and no local model server answers.",
    hint=f"Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add --demo; {PROGRAM} doctor tells more.",
)


def _run_headless(
    loaded: "Loaded", plan: "SessionPlan", arguments: argparse.Namespace, prompt: str, deadline: float | None
) -> int:
    import asyncio
    from dataclasses import replace

    from tui.engine.engine import build
    from tui.headless import Job, run
    from tui.headless_output import OutputFormat

    if sys.stdout is None:
        _say("standard output is closed")
        return ExitCode.FAILED
    if arguments.system is not None:
        plan = replace(plan, panes=tuple(replace(pane, system=arguments.system) for pane in plan.panes))
    job = Job(
        prompt=prompt,
        output_format=OutputFormat(arguments.output_format or OutputFormat.TEXT),
        timeout_s=arguments.timeout,
        deadline=deadline,
    )

    async def session() -> int:
        return await run(build(loaded.config, plan, state_dir=_state_folder()), job)

    return asyncio.run(session())


def _run_screen(arguments: argparse.Namespace) -> int:
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            Problem(
                title="Not a terminal",
                text="The application needs a terminal for its input and its output.",
                hint=f'To send one prompt without a screen: {PROGRAM} -p "…" (or -p - to read it from standard input).',
            )
        )
    from tui.config.load import load

    loaded = load(environ=os.environ, cwd=_folder(), flags={"ui.theme": arguments.theme})
    plan = None if arguments.demo else _plan(loaded, arguments)
    if plan is not None:
        return _run_app(loaded, plan, arguments)
    if not arguments.demo:
        _say(f"no key, no configured pane and no local model server found: starting the demo ({PROGRAM} doctor)")
    from tui.demo.server import DemoServer

    with DemoServer() as server:
        plan = _plan(loaded, arguments, server.url)
        if plan is None:
            raise UsageError(_NO_MODEL)
        return _run_app(loaded, plan, arguments)


def _run_app(loaded: "Loaded", plan: "SessionPlan", arguments: argparse.Namespace) -> int:
    from tui.core.events import Notice, NoticeLevel
    from tui.engine.engine import build
    from tui.ui.app import LLMMixerApp
    from tui.ui.theming import chosen_theme

    if arguments.theme is not None:
        chosen_theme(arguments.theme, os.environ)  # refuses an unknown one by name
    engine = build(loaded.config, plan, state_dir=_state_folder())
    app = LLMMixerApp(engine, loaded.config, environ=os.environ, cwd=_folder())
    app.stage.view.notices += [Notice(level=NoticeLevel.WARNING, problem=problem) for problem in loaded.notices]
    app.run()
    return app.return_code or ExitCode.OK


def _plan(loaded: "Loaded", arguments: argparse.Namespace, demo_url: str | None = None) -> "SessionPlan | None":
    from tui.engine.local_server import local_models
    from tui.engine.session import plan_session

    return plan_session(
        loaded.config, os.environ, only=arguments.pane, demo_url=demo_url, local_models=local_models
    )  # fmt: skip


def _require_keys(plan: "SessionPlan") -> None:
    """Refuse before anything is sent and paid for when a pane could only fail for want of a key."""
    from tui.config.model import WireName

    for pane in plan.panes:
        names = pane.endpoint_config.api_key_env
        if pane.api_key is None and pane.endpoint_config.wire is not WireName.COMPATIBLE:
            raise UsageError(
                Problem(
                    title="No key",
                    text=f"The pane “{pane.name}” ({pane.endpoint}) needs a key and none is set.",
                    hint=f"Set {' or '.join(names)}." if names else "Give its endpoint an `api_key_env`.",
                )
            )


def _state_folder() -> Path:
    """Return the folder of sessions, made for its owner alone. What cannot be made is the journal's to report."""
    from contextlib import suppress

    from tui.config.paths import state_dir

    folder = state_dir(os.environ)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        text = "The folder the program was started in is gone or cannot be read."
        raise UsageError(Problem(title="No working folder", text=text, hint="Change to another folder.")) from error


def _say(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{PROGRAM}: {text}\n")


def _say_problem(problem: Problem) -> None:
    from tui.core.secrets import mask
    from tui.core.untrusted import clean

    _say(clean(mask(str(problem))))


def _masked_excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an unexpected error as Python does, but without secrets and control characters."""
    import traceback

    from tui.core.secrets import mask
    from tui.core.untrusted import clean

    if sys.stderr is not None:
        sys.stderr.write(clean(mask("".join(traceback.format_exception(kind, error, trace)))))
