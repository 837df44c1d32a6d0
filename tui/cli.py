"""The command line: what `llmmixer` does with its arguments. Nothing heavy is imported before it is needed."""

import argparse
import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from tui.cli_arguments import PROGRAM, build_parser, check_combination, refuse_unknown_option
from tui.core.errors import ExitCode, LLMMixerError, Problem, UsageError

if TYPE_CHECKING:
    from tui.config.load import Loaded
    from tui.engine.session import SessionPlan
    from tui.engine.workspace import Workspace


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    started = time.monotonic()
    sys.excepthook = _masked_excepthook
    try:
        parser = build_parser()
        refuse_unknown_option(parser, sys.argv[1:] if argv is None else argv)
        arguments = parser.parse_args(argv)
        check_combination(parser, arguments)
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


def _dispatch(arguments: argparse.Namespace, started: float) -> int:
    if arguments.command == "doctor":
        from tui.doctor import run_doctor

        return run_doctor(os.environ, _folder(), as_json=arguments.json, offline=arguments.offline)
    if arguments.command == "spend":
        from tui.cli_spend import run_spend

        return run_spend(os.environ, _folder(), as_json=arguments.json)
    if arguments.command == "config":
        from tui.cli_config import run_config

        return run_config(arguments, os.environ, _folder())
    if arguments.command == "trust":
        from tui.cli_trust import run_trust

        return run_trust(arguments, os.environ, _folder())
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
        from tui.cli_workspace import project_workspace

        workspace = project_workspace(loaded, _folder(), os.environ)
        return _run_headless(loaded, plan, arguments, prompt, deadline, workspace)
    from tui.cli_workspace import demo_workspace
    from tui.demo.server import DemoServer

    with DemoServer() as server, demo_workspace(os.environ) as workspace:
        plan = _plan(loaded, arguments, server.url)
        if plan is None:
            raise UsageError(_NO_MODEL)
        return _run_headless(loaded, plan, arguments, prompt, deadline, workspace)


_NO_MODEL: Final = Problem(
    title="No model to ask",
    text="No key is set, no pane is configured and no local model server answers.",
    hint=f"Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or add --demo; {PROGRAM} doctor tells more.",
)


def _run_headless(
    loaded: "Loaded",
    plan: "SessionPlan",
    arguments: argparse.Namespace,
    prompt: str,
    deadline: float | None,
    workspace: "Workspace | None",
) -> int:
    import asyncio
    from dataclasses import replace

    from tui.core.money import pico_from_usd
    from tui.engine.engine import build
    from tui.headless import Job, run
    from tui.headless_output import OutputFormat
    from tui.spend.project import project_key

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
        max_budget_pico=None if arguments.max_budget_usd is None else pico_from_usd(arguments.max_budget_usd),
    )

    async def session() -> int:
        engine = build(
            loaded.config,
            plan,
            state_dir=_state_folder(),
            project=project_key(_folder()),
            interactive=False,
            environ=os.environ,
            workspace=workspace,
        )
        return await run(engine, job)

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
    gc.disable()  # until the first frame: nearly all that is loaded until then stays, and looking at it takes time
    from tui.cli_keyboard import keys_as_pressed

    with keys_as_pressed(sys.stdin.fileno()) as modes:
        return _open_screen(arguments, modes)


def _open_screen(arguments: argparse.Namespace, modes: "list[Any] | None") -> int:
    """Run the application; `modes` are what its terminal is to have again whenever it is not the application's."""
    from tui.config.load import load

    loaded = load(environ=os.environ, cwd=_folder(), flags={"ui.theme": arguments.theme})
    plan = None if arguments.demo else _plan(loaded, arguments)
    if plan is not None:
        from tui.cli_workspace import NO_WORKSPACE, project_workspace

        workspace = project_workspace(loaded, _folder(), os.environ)
        return _run_app(loaded, plan, arguments, workspace, modes, () if workspace else (NO_WORKSPACE,))
    if not arguments.demo:
        _say(f"no key, no configured pane and no local model server found: starting the demo ({PROGRAM} doctor)")
    from tui.cli_workspace import demo_workspace
    from tui.demo.server import DemoServer

    with DemoServer() as server, demo_workspace(os.environ) as workspace:
        plan = _plan(loaded, arguments, server.url)
        if plan is None:
            raise UsageError(_NO_MODEL)
        return _run_app(loaded, plan, arguments, workspace, modes)


def _run_app(
    loaded: "Loaded",
    plan: "SessionPlan",
    arguments: argparse.Namespace,
    workspace: "Workspace | None",
    modes: "list[Any] | None",
    notices: tuple[Problem, ...] = (),
) -> int:
    from tui.core.events import Notice, NoticeLevel
    from tui.engine.engine import build
    from tui.spend.project import project_key
    from tui.ui.app import LLMMixerApp
    from tui.ui.theming import chosen_theme

    if arguments.theme is not None:
        chosen_theme(arguments.theme, os.environ)  # refuses an unknown one by name
    engine = build(
        loaded.config,
        plan,
        state_dir=_state_folder(),
        project=project_key(_folder()),
        environ=os.environ,
        workspace=workspace,
    )
    app = LLMMixerApp(
        engine, loaded.config, environ=os.environ, cwd=workspace.root if plan.demo and workspace else _folder()
    )
    problems = (*loaded.notices, *notices)
    app.stage.view.notices += [Notice(level=NoticeLevel.WARNING, problem=problem) for problem in problems]
    app.terminal_modes = modes
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
    from tui.core.crash import crash_report

    if sys.stderr is not None:
        sys.stderr.write(crash_report(error.with_traceback(trace)))
