"""`llmmixer trust`: what the policy says of calls, why, and what was decided so far."""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tui.config.model_work import TrustConfig
from tui.config.paths import shown, state_dir
from tui.core.errors import ExitCode, UsageError
from tui.core.trust import Decision, TrustMode, Verdict
from tui.core.trust_rules import parse_rule
from tui.core.untrusted import clean, clean_line
from tui.trust.calls import Call, DiskView
from tui.trust.policy import decide
from tui.trust.settings import TrustSettings, compile_settings

_GLYPHS: Final = {Decision.ALLOW: "✓", Decision.ASK: "?", Decision.DENY: "✗"}
_ASCII: Final = {Decision.ALLOW: "+", Decision.ASK: "?", Decision.DENY: "x"}
_COLOURS: Final = {Decision.ALLOW: "32", Decision.ASK: "33", Decision.DENY: "31"}
_MOST_COMPILED: Final = 256
_WIDE: Final = 48
_LONGEST_RULE: Final = 200
_LISTS: Final = frozenset({"allowed_commands", "forbidden_paths", "require_confirmation", "rules"})


def run_trust(arguments: argparse.Namespace, environ: Mapping[str, str], cwd: Path) -> int:
    """Carry out `llmmixer trust` and return the exit code."""
    if arguments.verb == "check":
        return _check(Desk(environ, cwd))
    if arguments.verb == "explain":
        folder = cwd if arguments.cwd is None else cwd / Path(arguments.cwd).expanduser()
        return _explain(arguments, Desk(environ, cwd), folder)
    if arguments.verb == "folder":
        return _folder(environ, cwd, tell=not arguments.undo)
    return _log(arguments, environ)


class MalformedError(ValueError):
    """A call or its settings have another shape than they must."""


class Desk:
    """Judges calls under given settings, or under those of the person and the project around a folder."""

    def __init__(self, environ: Mapping[str, str], cwd: Path) -> None:
        self._environ = environ
        self._cwd = cwd
        self.files = DiskView(environ)
        self._compiled: dict[str, TrustSettings] = {}

    def judge(self, line: object) -> Verdict:
        """Return the verdict on ``{"tool", "args", "cwd", "settings"?}``; raises `MalformedError` for another shape."""
        if not isinstance(line, Mapping):
            raise MalformedError("It is no JSON object.")
        tool, args, folder = line.get("tool"), line.get("args", {}), line.get("cwd", str(self._cwd))
        if not isinstance(tool, str) or not isinstance(args, dict):
            raise MalformedError("`tool` has to be a text and `args` an object.")
        if not isinstance(folder, str) or "\0" in folder:
            raise MalformedError("`cwd` has to be the path of a folder.")
        cwd = self._cwd / folder
        return decide(Call(tool=tool, args=args, cwd=cwd), self.settings(cwd, line.get("settings")), self.files)

    def settings(self, cwd: Path, given: object = None, mode: TrustMode | None = None) -> TrustSettings:
        """Return the settings in force in `cwd`; `given` ones are complete, and their project is `cwd` itself."""
        key = json.dumps([str(cwd), given, mode], sort_keys=True)
        if key not in self._compiled:
            if len(self._compiled) >= _MOST_COMPILED:
                self._compiled.clear()
            self._compiled[key] = self._of_configuration(cwd, mode) if given is None else self._of_given(cwd, given)
        return self._compiled[key]

    def _of_given(self, cwd: Path, given: object) -> TrustSettings:
        return compile_settings(config_of(given), home=_home(self._environ), root=cwd, own_paths=_own(self._environ))

    def with_rule(self, cwd: Path, mode: TrustMode | None, rule: str) -> TrustSettings:
        """Return the settings in force in `cwd` with one more rule of the person's own."""
        return self._of_configuration(cwd, mode, (rule,))

    def _of_configuration(self, cwd: Path, mode: TrustMode | None, more: tuple[str, ...] = ()) -> TrustSettings:
        from tui.cli_workspace import project_workspace
        from tui.config.load import load

        loaded = load(environ=self._environ, cwd=cwd)
        workspace = project_workspace(loaded, cwd, self._environ)
        trust = loaded.config.trust
        return compile_settings(
            replace(trust, rules=(*trust.rules, *more)) if more else trust,
            loaded.project_trust,
            project_trusted=loaded.project_trusted,
            home=_home(self._environ),
            root=cwd if workspace is None else workspace.root,
            own_paths=_own(self._environ),
            mode=mode,
        )


def config_of(given: object) -> TrustConfig:
    """Return settings given as JSON, with names in snake_case or camelCase; unknown names change nothing.

    Raises `MalformedError` for a value of the wrong type.
    """
    if not isinstance(given, dict):
        raise MalformedError("`settings` has to be an object.")
    values: dict[str, Any] = {}
    for name, value in given.items():
        plain = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in str(name))
        if value is not None and plain in TrustConfig.__dataclass_fields__:
            values[plain] = _typed(plain, value)
    return TrustConfig(**values)


def _typed(name: str, value: Any) -> Any:
    if name in _LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise MalformedError(f"`{name}` has to be a list of texts.")
    if name == "max_file_size":
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise MalformedError(f"`{name}` has to be a whole number of bytes.")
    if name in ("auto_approve", "sandbox_network"):
        if isinstance(value, bool):
            return value
        raise MalformedError(f"`{name}` has to be true or false.")
    if name == "mode":
        return TrustMode(value)
    from tui.config.model_work import Sandbox

    return Sandbox(value)


# ---- check


def _check(desk: Desk) -> int:
    """Answer each line of standard input with one of standard output, at once."""
    source = sys.stdin.buffer if sys.stdin is not None else ()
    for raw in source:
        sys.stdout.write(json.dumps(answer(desk, raw)) + "\n")
        sys.stdout.flush()
    return ExitCode.OK


def answer(desk: Desk, raw: bytes) -> dict[str, Any]:
    """Return the answer to one line; what cannot be read or judged is denied."""
    try:
        return verdict_json(desk.judge(json.loads(raw)))
    except Exception as error:  # noqa: BLE001 - one answer for every line, whatever is in it
        reason = clean_line(f"Not judged: {error}" if isinstance(error, ValueError) else f"Not judged: {error!r}")
        return {"decision": str(Decision.DENY), "reason": reason, "rule": "malformed", "risk": "", "parts": []}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON-ready data."""
    parts = [
        {"text": part.text, "decision": str(part.decision), "reason": part.reason, "rule": part.rule}
        for part in verdict.parts
    ]
    return {
        "decision": str(verdict.decision),
        "reason": verdict.reason,
        "rule": verdict.rule,
        "risk": str(verdict.risk),
        "parts": parts,
    }


# ---- explain


def _explain(arguments: argparse.Namespace, desk: Desk, cwd: Path) -> int:
    mode = None if arguments.mode is None else TrustMode(arguments.mode)
    settings = desk.settings(cwd, mode=mode)
    call = Call(tool="run_command", args={"command": arguments.text, "cwd": str(cwd)}, cwd=Path(settings.root))
    verdict = decide(call, settings, desk.files)
    if arguments.json:
        told = {**verdict_json(verdict), "mode": str(settings.mode), "grant": verdict.grant, "argv": verdict.argv}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        rule = _rule_for(arguments.text, verdict)
        if rule and decide(call, desk.with_rule(cwd, mode, rule), desk.files).decision is not Decision.ALLOW:
            rule = ""
        text = explained(arguments.text, verdict, settings.mode, rule=rule, colour=_colour(), ascii_only=_ascii())
        sys.stdout.write(text)
    return ExitCode.OK if verdict.decision is Decision.ALLOW else ExitCode.APPROVAL


def _rule_for(command: str, verdict: Verdict) -> str:
    """Return the rule that names exactly this command, where one can be written."""
    if verdict.decision is not Decision.ASK or not verdict.argv or len(command) > _LONGEST_RULE:
        return ""
    rule = f"allow run_command {' '.join(command.split())}"
    try:
        parse_rule(rule)
    except ValueError:
        return ""  # its words need quotes, which no rule has
    return rule


def explained(
    command: str, verdict: Verdict, mode: TrustMode, *, rule: str = "", colour: bool, ascii_only: bool
) -> str:  # fmt: skip
    """Return a verdict for people to read: the decision and why, each part of several with its rule, what would help.

    `rule` is one with which the command would run unasked, if there is one.
    """
    glyphs = _ASCII if ascii_only else _GLYPHS

    def painted(text: str, decision: Decision) -> str:
        return f"\x1b[{_COLOURS[decision]}m{text}\x1b[0m" if colour else text

    head = painted(f"{glyphs[verdict.decision]} {verdict.decision}", verdict.decision)
    lines = [f"{head}  {clean(command)}", f"  {clean(verdict.reason)}"]
    if len(verdict.parts) > 1:
        wide = min(_WIDE, max(len(clean_line(part.text)) for part in verdict.parts))
        lines.append("")
        for part in verdict.parts:
            mark = painted(f"{glyphs[part.decision]} {part.decision:<5}", part.decision)
            text = clean_line(part.text)
            lines.append(f"  {mark} {text:<{wide}}  {clean_line(part.reason)}  [{clean_line(part.rule)}]")
    facts = [("mode", str(mode)), ("risk", str(verdict.risk)), ("rule", verdict.rule)]
    if verdict.decision is not Decision.DENY:
        facts.append(("runs as", _runs_as(verdict)))
    if verdict.grant:
        facts.append(("for the session", verdict.grant))
    if rule:
        facts.append(("unasked by", f"[trust] rules = [{json.dumps(rule, ensure_ascii=False)}]"))
    facts += [("path", path) for path in verdict.paths]
    lines += ["", *(f"  {name:<16}{clean_line(value)}" for name, value in facts)]
    text = "\n".join(lines) + "\n"
    return text.encode("ascii", "replace").decode() if ascii_only else text


def _runs_as(verdict: Verdict) -> str:
    """Return in words, or where more is added to it than that in full, what a command becomes."""
    if verdict.note:
        import shlex

        return verdict.line or shlex.join(verdict.argv)
    return "its words, without a shell" if verdict.argv else "a line of bash, unchanged"


# ---- log


def _folder(environ: Mapping[str, str], cwd: Path, *, tell: bool) -> int:
    from tui.cli_workspace import NO_WORKSPACE, project_workspace
    from tui.config.load import load
    from tui.config.trust import tell_facts

    workspace = project_workspace(load(environ=environ, cwd=cwd), cwd, environ)
    if workspace is None:
        raise UsageError(NO_WORKSPACE)
    tell_facts(workspace.root, environ, tell=tell)
    name = clean_line(shown(workspace.root, environ), 400)
    sys.stdout.write(
        f"Models are told about {name} from now on.\n" if tell else f"Models are told nothing of {name}.\n"
    )
    return ExitCode.OK


def _log(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from tui.trust.audit import read, verify

    path = state_dir(environ) / "audit.jsonl"
    if arguments.verify:
        found = verify(path)
        if arguments.json:
            _print(json.dumps({"entries": found.entries, "problems": found.problems}, indent=2) + "\n")
        else:
            said = "\n".join(found.problems) or f"{found.entries} entries, every seal is whole"
            _print(f"{said}\n{clean_line(shown(path, environ), 1_000)}\n")
        return ExitCode.FAILED if found.problems else ExitCode.OK
    if arguments.json:
        _print("".join(json.dumps(entry) + "\n" for entry in read(path, arguments.number)))
        return ExitCode.OK
    from tui.trust.audit_text import ENTRIES_OF_A_CALL, lines_of, log_text

    lines = lines_of(read(path, arguments.number * (ENTRIES_OF_A_CALL + 1)))[-arguments.number :]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    text = log_text(lines, width=width, colour=_colour(), ascii_only=_ascii())
    sys.stdout.write(text or "Nothing was decided yet.\n")
    return ExitCode.OK


def _own(environ: Mapping[str, str]) -> tuple[Path, ...]:
    from tui.config.paths import config_dir

    return (config_dir(environ), state_dir(environ))


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _colour() -> bool:
    import os

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _ascii() -> bool:
    return "utf" not in (sys.stdout.encoding or "").lower()


def _print(text: str) -> None:
    sys.stdout.write(clean(text))
