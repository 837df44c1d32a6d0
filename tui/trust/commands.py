"""Judging one simple command: its name, what allows it, its options and operands, where its output goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.core.trust import Decision
from tui.trust.danger import is_destructive, is_disk, name_of, never, never_in_text
from tui.trust.findings import Finding, ask, deny, quoted
from tui.trust.ground import Ground
from tui.trust.history import collects, limit
from tui.trust.listed import nature_findings
from tui.trust.operands import judge_target, judge_use
from tui.trust.options import read_use
from tui.trust.paths import Access, judge_path
from tui.trust.programs import Table, find_table, programs
from tui.trust.reader import Simple
from tui.trust.rules import Rule, begins_with, holds
from tui.trust.scan import forbidden_in_words, forbidden_path
from tui.trust.words import Word

_PROGRAM: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_DESCRIPTOR: Final = re.compile(r"[0-2]")
MOST_WORDS: Final = 500
_GIT_REMOVERS: Final = (("git", "rm"), ("git", "clean"))
SYSTEM: Final = "require_confirmation: system_command"


@dataclass(slots=True, kw_only=True)
class Judged:
    """What is to say of one simple command. `allowed_by` is the rule that lets it run when there are no findings."""

    text: str
    argv: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    allowed_by: str = ""
    reads: bool = False
    """Whether the program and its options change nothing; its redirections may."""
    changes: bool = False
    destructive: bool = False
    plain: bool = True
    """Whether it could run without a shell: no redirection, no pattern, nothing left to compute."""
    inline: bool = False
    paths: list[str] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    limited: tuple[str, ...] = ()
    """The words that run in place of its own, which would print what is forbidden."""
    redirected: str = ""
    """Its redirections as written."""

    @property
    def only_reads(self) -> bool:
        """Whether the command is allowed and surely changes nothing."""
        return self.reads and not self.changes and bool(self.allowed_by)


def judge_simple(simple: Simple, source: str, ground: Ground) -> Judged:
    """Judge one simple command as if it ran in the ground's folder."""
    judged = Judged(text=source[simple.start : simple.end], span=(simple.start, simple.end))
    judged.redirected = " ".join(source[each.start : each.end] for each in simple.redirections)
    _judge_surroundings(simple, ground, judged)
    argv = _expanded(simple.words, ground, judged)
    judged.argv = tuple(argv)
    if not argv:
        if simple.redirections or simple.sets:
            judged.findings.append(ask("It names no program.", "no program"))
        return judged
    if len(argv) > MOST_WORDS:
        judged.findings.append(ask("It has very many words.", "long commands"))
        finding = forbidden_in_words(argv, ground, inside=True)
        judged.findings += [finding] if finding else []
        judged.inline = True
        argv = argv[:MOST_WORDS]
    stopped = never([word.text for word in simple.words[:MOST_WORDS]], ground) or never(argv, ground)
    if stopped is not None:
        judged.findings.append(stopped)
    judged.destructive = judged.destructive or is_destructive(argv)
    judged.inline = judged.inline or _is_inline(argv)
    _judge_program(argv, simple, ground, judged)
    judged.findings += _ruled(argv, ground.settings.rules)
    return judged


def _judge_surroundings(simple: Simple, ground: Ground, judged: Judged) -> None:
    """Judge variables set for the command, and its redirections."""
    for doubt in simple.doubts:
        judged.findings.append(ask(doubt, "shell"))
        judged.plain = False
    fed = [each.target.text for each in simple.redirections if each.operator == "<<<" and each.target is not None]
    judged.findings += [hit for text in fed if (hit := never_in_text(text, ground)) is not None]
    for word in simple.sets:
        judged.plain = False
        judged.findings.append(ask(f"It sets {quoted(word.raw.split('=')[0])} for the program.", "variables"))
        finding = forbidden_in_words([word.text], ground, inside=True)
        judged.findings += [finding] if finding else []
    for each in simple.redirections:
        judged.plain = False
        target = each.target
        if target is None:
            continue
        if each.operator in {">&", "<&"} and not target.quoted and _DESCRIPTOR.fullmatch(target.raw):
            continue
        if target.why or target.active:
            judged.findings.append(ask(f"Where {quoted(target.raw)} leads is known only when it runs.", "redirection"))
        if each.operator in {"<>", "<&"}:
            judged.findings.append(ask(f"It opens {quoted(target.raw)} for both ways.", "redirection"))
        for text in ground.expand(target) or [target.text]:
            found = judge_target(text, ground, writes=each.writes, paths=judged.paths)
            judged.destructive = judged.destructive or (each.writes and is_disk(text))
            judged.changes = judged.changes or (each.writes and bool(found))
            judged.findings += found


def _expanded(words: Sequence[Word], ground: Ground, judged: Judged) -> list[str]:
    argv: list[str] = []
    for index, word in enumerate(words):
        if word.why:
            judged.plain = False
            judged.findings.append(
                ask(f"{quoted(word.raw)} has {word.why}: its value is known only when it runs.", "shell")
            )
        if not word.active:
            argv.append(word.text)
            continue
        judged.plain = False
        if index == 0:
            judged.findings.append(ask("The program's name is a pattern.", "shell"))
        found = ground.expand(word)
        if found is None:
            judged.findings.append(ask(f"{quoted(word.raw)} matches very many files.", "shell"))
            found = [word.text]
        argv += found
    return argv


def _judge_program(argv: list[str], simple: Simple, ground: Ground, judged: Judged) -> None:
    words = _without_globals(argv)
    reason = _unfit(argv, ground)
    entry = _entry(words, ground)
    table = find_table(tuple(words)) if entry is not None else None
    exact = not any(word.why for word in simple.words)
    if reason is not None:
        judged.findings.append(reason)
    if entry is None or reason is not None or not exact:
        if entry is None and reason is None:
            judged.findings.append(ask(_unlisted(words), "not in allowed_commands"))
        _judge_unknown(argv, ground, judged)
        return
    judged.allowed_by = entry[1]
    _judge_system(words, ground, judged)
    if table is not None:
        _judge_table(table, words, ground, judged, fed=simple.fed)
    else:
        _judge_listed(words, entry[0], ground, judged)


def _unlisted(words: Sequence[str]) -> str:
    """Return why a command asks that nothing allows: what is known of it, and what it is called."""
    known = programs()
    name = name_of(words[0])
    named = [name, *words[1:]]
    subject = " ".join(named[:2]) if name in known.families and not "".join(words[1:2]).startswith("-") else name
    does = [
        told.rstrip(".") for told, entries in known.system.items() if any(begins_with(named, one) for one in entries)
    ]
    if name in known.removers - {"mv"} or tuple(named[:2]) in _GIT_REMOVERS:
        does.insert(0, "It deletes")
    elif is_destructive(named):
        does.insert(0, "It may destroy what cannot be brought back")
    listed = f"{quoted(subject)} is not an allowed command."
    return f"{does[0]}; {listed}" if does else listed


def _judge_table(table: Table, words: list[str], ground: Ground, judged: Judged, *, fed: bool) -> None:
    use = read_use(table, words[len(table.words) :])
    use.fed = fed
    judged.reads = table.reads and not use.unknown
    judged.findings += judge_use(use, ground, judged.paths)
    limited = limit(words, use, ground)
    judged.findings += limited.findings
    if limited.words:
        before = len(judged.argv) - len(words) + 1  # its name, and options before the subcommand
        judged.limited = (*judged.argv[:before], *limited.words[1:])
    if not use.unknown:
        return
    checked = list(use.unknown)
    executes = False
    if table.style == "find":
        checked += [text for _, kind, text in use.given if kind != "word"] + use.operands
        executes = not {"-exec", "-execdir", "-ok", "-okdir"}.isdisjoint(words)
        if executes:
            spared = {text for _, kind, text in use.given if kind == "word"}
            checked = [word for word in words if word not in spared and not word.startswith("!")]
    else:
        checked = words[len(table.words) :]
    finding = forbidden_in_words(checked, ground, inside=executes)
    judged.findings += [finding] if finding else []


def _judge_listed(words: list[str], entry: tuple[str, ...], ground: Ground, judged: Judged) -> None:
    """Judge an allowed command that has no table: exactly the entry's words, and paths without a dash."""
    judged.findings += nature_findings(words, entry, ground)
    printed = collects(words, ground)
    judged.findings += [printed] if printed is not None else []
    deletes = words[0] in programs().removers or tuple(words[:2]) in _GIT_REMOVERS
    if deletes and "file_delete" in ground.settings.confirm:
        judged.findings.append(ask("It deletes files.", "require_confirmation: file_delete"))
    for word in words[len(entry) :]:
        findings, path = judge_path(word, Access.DELETE if deletes else Access.WRITE, ground)
        judged.paths.append(path.real)
        judged.findings += findings
    finding = forbidden_in_words(words[len(entry) :], ground, inside=judged.inline)
    judged.findings += [finding] if finding else []


def _judge_unknown(argv: list[str], ground: Ground, judged: Judged) -> None:
    """Look for what is forbidden in a command that asks anyway."""
    known = programs()
    name = name_of(argv[0])
    inside = name in known.shells or name in known.wrappers or bool(known.interpreters.fullmatch(name))
    words = argv[1:] if "/" not in argv[0] else argv
    if inside:
        finding = forbidden_in_words(words, ground, inside=True)
    elif name in {"grep", "egrep", "fgrep", "rg", "find", "git"} and (
        table := find_table(tuple(_without_globals(argv)))
    ):
        finding = None
        words = _without_globals(argv)
        use = read_use(table, words[len(table.words) :])
        for found in judge_use(use, ground, judged.paths):
            finding = found if found.decision is Decision.DENY else finding
        finding = finding or forbidden_in_words(use.unknown, ground, inside=False)
    else:
        finding = forbidden_in_words(words, ground, inside=False)
    judged.findings += [finding] if finding else []
    for word in words:
        if (
            not word.startswith("-")
            and word
            and forbidden_path(word, ground, thorough=False) is None
            and len(word) < 4_096
        ):
            judged.paths.append(ground.resolve(word).real)


def _judge_system(words: list[str], ground: Ground, judged: Judged) -> None:
    if "system_command" not in ground.settings.confirm:
        return
    for told, entries in programs().system.items():
        if any(begins_with(words, entry) for entry in entries):
            judged.findings.append(ask(told, SYSTEM))


def _unfit(words: Sequence[str], ground: Ground) -> Finding | None:
    """Return why a name is no program that passes: a path, a look-alike, a builtin, a wrapper, one of the project."""
    known = programs()
    name = words[0]
    if "/" in name:
        return ask(f"{quoted(name)} names a program by its path.", "programs by path")
    if not _PROGRAM.fullmatch(name):
        return ask(f"{quoted(name)} is no plain name of a program.", "names of programs")
    if name in known.builtins and name not in known.harmless_builtins:
        return ask(f"{quoted(name)} is a command of the shell itself.", "builtins")
    if name in known.wrappers and name in known.pipe_shells and all(word.startswith("-") for word in words[1:]):
        return ask(f"{quoted(name)} executes whatever it is fed.", "wrappers")
    if name in known.wrappers:
        return ask(f"{quoted(name)} runs another program.", "wrappers")
    if name not in known.harmless_builtins and _is_in_project(name, ground):
        return ask(f"A program named {quoted(name)} lies in the project.", "search path")
    return None


def _is_in_project(name: str, ground: Ground) -> bool:
    """Tell whether a program would be found in the project, or in a folder that depends on where one is."""
    shadowed = False
    for folder in ground.files.search_path:
        path = f"{folder or '.'}/{name}"
        doubtful = not folder.startswith("/") or ground.inside(ground.files.realpath(folder))
        if not doubtful:
            if shadowed and ground.files.stat(path) is not None:
                return False  # the program that runs is looked for without such folders
            continue
        if ground.files.stat(path if path.startswith("/") else f"{ground.cwd}/{path}") is not None:
            shadowed = True
    return shadowed


def _without_globals(argv: Sequence[str]) -> list[str]:
    """Return a command without options before its subcommand that change nothing."""
    harmless = programs().globals.get(argv[0])
    words = list(argv)
    if harmless is not None:
        while len(words) > 1 and words[1] in harmless:
            del words[1]
    return words


def _entry(words: Sequence[str], ground: Ground) -> tuple[tuple[str, ...], str] | None:
    """Return the rule or else the entry that allows a command, the longest first, and its name."""
    entries = [(entry, f"allowed_commands: {' '.join(entry)}") for entry in ground.settings.allowed]
    allowing = (rule for rule in ground.settings.rules if rule.decision is Decision.ALLOW and rule.words)
    entries += [(rule.words, f"rules: {rule.text}") for rule in allowing]
    fitting = [entry for entry in entries if begins_with(words, entry[0])]
    return max(fitting, key=lambda entry: (entry[1].startswith("rules:"), len(entry[0])), default=None)


def _ruled(argv: Sequence[str], rules: Sequence[Rule]) -> list[Finding]:
    """Return what a person's own rules say against a command, also where another program runs it."""
    findings: list[Finding] = []
    known = programs()
    wrapped = name_of(argv[0]) in known.wrappers or name_of(argv[0]) in known.shells
    plain = [name_of(argv[0]), *_without_globals(argv)[1:]]
    for rule in rules:
        if not rule.words or rule.decision is Decision.ALLOW:
            continue
        inner = [part for word in argv for part in word.split()]
        if begins_with(plain, rule.words) or (wrapped and (holds(plain, rule.words) or holds(inner, rule.words))):
            make = deny if rule.decision is Decision.DENY else ask
            findings.append(make("A rule of yours says so.", f"rules: {rule.text}"))
    return findings


def _is_inline(argv: Sequence[str]) -> bool:
    known = programs()
    name = name_of(argv[0])
    code = name in known.shells or name in known.wrappers or known.interpreters.fullmatch(name) is not None
    return code and any(word in known.inline or any(each in word for each in " \n;|&{(") for word in argv[1:])
