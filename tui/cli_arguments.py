"""The command line's options and commands, and the help that explains them. Only argparse is imported."""

import argparse
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from tui import __version__
from tui.core.errors import ExitCode

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


class Parser(argparse.ArgumentParser):
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


def refuse_unknown_option(parser: Parser, words: Sequence[str]) -> None:
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


def _dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of dollars") from None
    if not (amount.is_finite() and amount >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of dollars of at least 0")
    return amount


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
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
    prompt.add_argument(
        "--max-budget-usd",
        type=_dollars,
        metavar="N",
        help="refuse, before it is sent, what could take this run over N dollars; exit with 3",
    )
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
    spend = commands.add_parser(
        "spend",
        help="show what was spent, and how the budgets stand",
        description="Show what was spent, by model, project, day and provider, and how the budgets stand.",
        allow_abbrev=False,
    )
    spend.add_argument("--json", action="store_true", help="print one JSON object")
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
    _add_trust(commands)


def _add_trust(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    trust = commands.add_parser(
        "trust",
        help="say what models may do unasked and why, and what was decided",
        description="Say what models may do unasked and why, and what was decided.",
        allow_abbrev=False,
    )
    verbs = trust.add_subparsers(dest="verb", metavar="VERB", required=True)
    check = verbs.add_parser(
        "check",
        help="answer calls on standard input with the policy's verdicts",
        description='Answer each line {"tool", "args", "cwd", "settings"?} on standard input with one line '
        '{"decision", "reason", "parts"}, at once. Settings that are given are complete; without, yours and the '
        "project's count.",
        allow_abbrev=False,
    )
    check.add_argument("--json", action="store_true", help="JSON lines; there is no other format yet")
    explain = verbs.add_parser(
        "explain",
        help="say what would become of a command, part by part",
        description="Say what would become of a command, part by part with its rules. Exits with 4 unless it may run.",
        allow_abbrev=False,
    )
    explain.add_argument("text", metavar="COMMAND", help="the command, in quotes")
    explain.add_argument("--cwd", metavar="FOLDER", help="the folder it runs in, instead of this one")
    explain.add_argument("--mode", choices=("plan", "ask", "auto-edit", "auto"), help="as if this mode were on")
    explain.add_argument("--json", action="store_true", help="print one JSON object")
    folder = verbs.add_parser(
        "folder",
        help="let models be told about this project: branch, files, README, instructions",
        description="Let models be told about this project at the start of each conversation: its branch, status, "
        "files, manifest, README and AGENTS.md. It loosens no rule.",
        allow_abbrev=False,
    )
    folder.add_argument("--undo", action="store_true", help="no longer")
    log = verbs.add_parser(
        "log",
        help="show what was decided and what ran",
        description="Show what was decided and what ran, the newest last.",
        allow_abbrev=False,
    )
    log.add_argument("-n", dest="number", type=_count, default=20, metavar="N", help="how many (default: 20)")
    log.add_argument("--verify", action="store_true", help="check every seal instead; exits with 1 when one is broken")
    log.add_argument("--json", action="store_true", help="print JSON")


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def check_combination(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse options that would have no effect together."""
    if arguments.command is not None:
        for name in ("prompt", "demo", "pane", "theme", *_PROMPT_ONLY):
            if getattr(arguments, name):
                parser.error(f"--{name.replace('_', '-')} does not go with the command {arguments.command}")
        return
    if arguments.prompt is None:
        for name in _PROMPT_ONLY:
            if getattr(arguments, name) is not None:
                parser.error(f"--{name.replace('_', '-')} needs -p")
    elif arguments.theme is not None:
        parser.error("--theme does not go with -p, which has no screen")
