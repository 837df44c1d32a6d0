"""Judging a whole command line: its parts, where it runs, and what nobody can read of it."""

from collections.abc import Sequence
from typing import Final

from tui.core.trust import Decision
from tui.trust.commands import Judged, judge_simple
from tui.trust.danger import never_in_text
from tui.trust.findings import Finding, ask, deny
from tui.trust.ground import Ground
from tui.trust.paths import Access, judge_path
from tui.trust.reader import Reading, Simple, read_commands, spliced
from tui.trust.rules import holds
from tui.trust.scan import forbidden_in_text, text_candidates
from tui.trust.shape import Shape
from tui.trust.shell import check_reading
from tui.trust.words import Word

LONGEST_READ: Final = 16_384
TOO_LONG: Final = "It is too long to be read in full."
_MOVERS: Final = frozenset({"cd", "pushd", "chdir"})


def judge_line(shape: Shape, ground: Ground) -> tuple[list[Judged], list[Finding]]:
    """Judge a command call: part by part, and as a whole."""
    source = spliced(shape.text("command"))
    whole = [ask(odd, "characters and surroundings") for odd in shape.odd]
    if "cwd" in shape.args:
        findings, path = judge_path(shape.text("cwd"), Access.ANY, ground)
        whole += findings
        found = ground.files.stat(path.real)
        if found is None or found.st_mode & 0o170000 != 0o040000:
            whole.append(ask("The folder it shall run in is not there.", "working folder"))
        ground = Ground(ground.settings, ground.files, path.real)
    for rule in ground.settings.rules:
        if not rule.words and not rule.path and rule.decision is not Decision.ALLOW and rule.tool in {shape.tool, "*"}:
            make = deny if rule.decision is Decision.DENY else ask
            whole.append(make("A rule of yours says so.", f"rules: {rule.text}"))
    reading = read_commands(source, ground.places)
    computed = any(word.why for command in reading.commands for word in _words(command))
    doubts = list(reading.doubts)
    if len(source) > LONGEST_READ:
        doubts.append(TOO_LONG)
    elif not doubts and not computed:  # else a person is asked anyway, and need not wait for a second reading
        doubts += filter(None, [check_reading(source, reading)])
    whole += [ask(doubt, "shell") for doubt in doubts]
    judged = _judge_commands(reading, source, ground)
    if not judged and not doubts:
        whole.append(ask("It holds no command.", "no program"))
    if doubts or computed:
        whole += _judge_unread(source, reading, ground)
    return judged, whole


def _judge_commands(reading: Reading, source: str, ground: Ground) -> list[Judged]:
    judged: list[Judged] = []
    grounds = [ground]
    for command in reading.commands:
        if not command.words and not command.redirections and not command.sets:
            continue
        each = judge_simple(command, source, grounds[0])
        for moved in grounds[1:]:
            others = judge_simple(command, source, moved).findings
            each.findings += [finding for finding in others if finding.decision is Decision.DENY]
        judged.append(each)
        target = _moves_to(command, grounds[-1])
        if target is not None and len(grounds) < 4:
            grounds.append(Ground(ground.settings, ground.files, target))
    return judged


def _moves_to(command: Simple, ground: Ground) -> str | None:
    """Return the folder a command changes to for those after it; they are refused if they are wrong in either."""
    words = [word.text for word in command.words]
    if not words or words[0] not in _MOVERS:
        return None
    operands = [word for word in words[1:] if not word.startswith("-")]
    return ground.resolve(operands[0]).real if operands else ground.settings.home


def _judge_unread(source: str, reading: Reading, ground: Ground) -> list[Finding]:
    """Look in all of a text, part of which cannot be read, for what is forbidden or never right."""
    findings: list[Finding] = []
    for finding in (never_in_text(source, ground), forbidden_in_text(source, ground)):
        findings += [finding] if finding is not None else []
    words = [word.text for command in reading.commands for word in command.words]
    loose: Sequence[str] = ()
    for rule in ground.settings.rules:
        if rule.words and rule.decision is Decision.DENY:
            loose = loose or text_candidates(source)
            if holds(words, rule.words) or holds(loose, rule.words) or holds(source.split(), rule.words):
                findings.append(deny("A rule of yours says so.", f"rules: {rule.text}"))
    return findings


def _words(command: Simple) -> list[Word]:
    targets = [each.target for each in command.redirections if each.target is not None]
    return [*command.words, *command.sets, *targets]
