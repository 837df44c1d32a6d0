"""Judging what a program is given, kind by kind: paths, revisions, names of tests, patterns that choose files."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from tui.core.globs import compile_glob, expand_braces, names_overlap
from tui.trust.findings import Finding, ask, deny, quoted
from tui.trust.forbidden import canonical
from tui.trust.ground import Ground, within
from tui.trust.options import Use
from tui.trust.paths import Access, judge_path, judge_resolved
from tui.trust.scan import forbidden_in_words
from tui.trust.scripts import files_of_sed, is_plain_jq, is_plain_sed
from tui.trust.walks import UNSURE, PassedOver

_MAGIC: Final = re.compile(r":\([^)]*\)|:[!/^]*")
_STAGE: Final = re.compile(r":[0-3]:")
_GLOB: Final = re.compile(r"[*?\[\\]")
_SIGNATURES: Final = re.compile(r"%G|%\(.*signature", re.DOTALL)
_REPORT: Final = re.compile(r"(?:term|term-missing|)(?::skip-covered)?")
_WARNING: Final = re.compile(r"[a-z]+(?::[^:]*(?::[A-Za-z]*(?::[^:]*(?::\d*)?)?)?)?")
_CHOOSING: Final = ("--include", "--exclude", "--exclude-dir")
_NOTHING_READ: Final = frozenset({"--files", "--type-list", "--version", "-V"})
_WORD_LIMIT: Final = 4_096
_LONGEST_PATTERN: Final = 1_000
_MOST_ALTERNATIVES: Final = 256
_MOST_COLONS: Final = 32


def judge_use(use: Use, ground: Ground, paths: list[str]) -> list[Finding]:
    """Return what there is to say against the values and operands of a program; `paths` gathers where they lead."""
    findings = [
        ask(
            f"{quoted(word)} is not among the options that are known to be harmless.",
            f"option {word.split('=')[0]} of {use.table.words[0]}",
        )
        for word in use.unknown
    ]
    swept: list[str] = []
    for option, kind, text in use.given:
        findings += _KINDS[kind](text, option, use, ground)
        if kind in {"path", "node", "revision"}:
            real = ground.resolve(text).real
            paths.append(real)
            if kind == "path" and not option:
                swept.append(real)
    if use.sweeps:
        findings += _sweep(use, swept or [ground.cwd], ground)
    return findings


def _path(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if text == "-" or (not text and not option):
        return []
    return judge_path(text, Access.READ, ground)[0]


def _word(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    return [] if len(text) <= _WORD_LIMIT else [ask("One of its words is very long.", "long words")]


def _none(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    reason = f"{quoted(text)} is more than this program may be given unasked."
    found = [ask(reason, f"operands of {use.table.words[0]}")]
    return found + [each for each in judge_path(text, Access.ANY, ground)[0] if each.decision == "deny"]


def _number(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if re.fullmatch(r"[+-]?\d{1,9}", text):
        return []
    return [ask(f"{quoted(text)} is no number.", f"option {option} of {use.table.words[0]}")]


def _format(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if _SIGNATURES.search(text):
        return [ask("The format checks signatures, which starts another program.", f"option {option} of git")]
    return []


def _stamp(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    return [] if text.startswith("+") else [ask("It sets the clock.", "operands of date")]


def _name(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge a pattern that names of files are compared with: looking for a forbidden name is a question."""
    entry = next((hit for part in text.split("/") if part and (hit := ground.settings.forbidden.name_hit(part))), None)
    return (
        [] if entry is None else [ask(f"It looks for {quoted(text)}, which is forbidden.", f"forbidden_paths: {entry}")]
    )


def _glob(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge a pattern that chooses files to read: it can bring in what is hidden otherwise."""
    if text.startswith("!"):
        return []
    return glob_findings(text, ground)


def glob_findings(text: str, ground: Ground) -> list[Finding]:
    """Return what there is to say against reading the files that a pattern, perhaps with braces, chooses."""
    if len(text) > _LONGEST_PATTERN:
        return [ask("One of its patterns is very long.", "long words")]
    expanded, complete = expand_braces(text, _MOST_ALTERNATIVES)
    findings = [finding for each in expanded for finding in _one_glob(each, ground)]
    if not complete:
        findings.append(ask(f"{quoted(text)} has more alternatives than are looked at.", "patterns"))
    return findings


def _one_glob(text: str, ground: Ground) -> list[Finding]:
    forbidden = ground.settings.forbidden
    if ".." in text.split("/") or text.startswith(("/", "~")):
        start = text.split("*", 1)[0].split("?", 1)[0].rpartition("/")[0] or "/"
        return judge_path(start, Access.READ, ground)[0]
    for part in text.split("/"):
        entry = forbidden.name_hit(part) if part else None
        if entry is not None:
            return [deny(f"{quoted(text)} is forbidden.", f"forbidden_paths: {entry}")]
    entry = matches_forbidden(text, ground) or _brings_in(text, ground)
    if entry is not None:
        return [ask(f"{quoted(text)} also matches what is forbidden.", f"forbidden_paths: {entry}")]
    return []


def matches_forbidden(pattern: str, ground: Ground) -> str | None:
    """Return the forbidden name that a part of a pattern of paths would match, or None.

    A folder that can have any name is none that the pattern means.
    """
    parts = [canonical(part) for part in pattern.split("/") if part]
    meant = [part for part in parts if _GLOB.search(part) and (part is parts[-1] or part.strip("*"))]
    forbidden = ground.settings.forbidden
    for name, entry in (*forbidden.names.items(), *forbidden.folders.items()):
        if any(names_overlap(part, name) for part in meant):
            return entry
    return None


def _brings_in(pattern: str, ground: Ground) -> str | None:
    """Return the forbidden pattern whose files on the disk, perhaps hidden ones, a pattern would choose, or None."""
    forbidden = ground.settings.forbidden
    last = canonical(pattern.rpartition("/")[2])
    if not any(names_overlap(last, each) for each in forbidden.name_globs):
        return None
    chosen = compile_glob(last)

    def passed_over(name: str, is_folder: bool) -> bool:  # a hidden folder that is not chosen is not entered
        return is_folder and forbidden.name_hit(name) is not None and not chosen.fullmatch(canonical(name))

    return ground.walks.swept(ground.settings.root, hidden=True, chosen=chosen, passed_over=passed_over)


def _revision(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge a revision, a path in a revision, or a path with git's own marks before it."""
    found = _MAGIC.match(text)
    if found is not None and not _STAGE.match(text):
        marks = found.group()
        if "!" in marks or "^" in marks or "exclude" in marks:
            return []
        rest = text[found.end() :]
        path = f"{ground.settings.root}/{rest}" if "/" in marks or "top" in marks else rest
        return _pathspec(path or ".", option, use, ground)
    findings: list[Finding] = []
    colons = [found.end() for found in re.finditer(":(?=.)", text, re.DOTALL)]
    for start in colons[:_MOST_COLONS]:  # whichever colon it is that parts the revision from the path
        findings += _chosen(text[start:], option, ground)
        findings += judge_path(f"{ground.settings.root}/{text[start:]}", Access.READ, ground)[0]
    if len(colons) > _MOST_COLONS:
        findings.append(ask("One of its words has very many colons.", "long words"))
    if ":" in text and not _GLOB.search(text):
        return findings
    return findings + _chosen(text, option, ground)  # a class of characters has colons too


def _pathspec(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if _MAGIC.match(text):
        return _revision(text, option, use, ground) if len(text) > 1 else []
    return _chosen(text, option, ground)


def _chosen(text: str, option: str, ground: Ground) -> list[Finding]:
    """Judge what git reads for a path, or for a pattern of paths."""
    findings = judge_path(text, Access.READ, ground)[0] if text else []
    if _GLOB.search(text):
        entry = matches_forbidden(text, ground) if text.strip("*/") else None
        if entry is not None:
            findings.append(deny(f"{quoted(text)} also matches what is forbidden.", f"forbidden_paths: {entry}"))
    if not option and re.match(r"[a-z]+://|[^/]*::", text):
        findings.append(ask(f"{quoted(text)} names another repository.", "operands of git"))
    return findings


def _lines(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge a range of lines with the file after it; whichever colon it is that parts the two."""
    paths = [text[index + 1 :] for index, each in enumerate(text) if each == ":"]
    return [finding for path in paths if path for finding in judge_path(path, Access.READ, ground)[0]]


def _node(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge what is to be tested: a file or folder of the project, perhaps with the name of a test after `::`."""
    if text.startswith("@"):
        found = [ask(f"{quoted(text)} is a list of further arguments.", "operands of pytest")]
        return found + judge_path(text[1:] or ".", Access.READ, ground)[0]
    return judge_path(text.split("::", 1)[0] or ".", Access.READ, ground)[0]


def _report(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    return [] if _REPORT.fullmatch(text) else [ask("It writes a report to a file.", f"option {option} of pytest")]


def _sed(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    """Judge a script of sed, which may execute, read and write."""
    if is_plain_sed(text):
        return []
    found = [ask(f"{quoted(text)} is a script that may do more than print.", "scripts of sed")]
    hit = forbidden_in_words([text, *files_of_sed(text)], ground, inside=True)
    return found if hit is None else [*found, hit]


def _jq(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if is_plain_jq(text):
        return []
    return [ask(f"{quoted(text)} may load modules or show the environment.", "filters of jq")]


def _warning(text: str, option: str, use: Use, ground: Ground) -> list[Finding]:
    if _WARNING.fullmatch(text):
        return []
    return [ask(f"{quoted(text)} may import what it names.", f"option {option} of {use.table.words[0]}")]


_KINDS: Final[Mapping[str, Callable[[str, str, Use, Ground], list[Finding]]]] = {
    "path": _path,
    "word": _word,
    "pattern": _word,
    "none": _none,
    "number": _number,
    "format": _format,
    "stamp": _stamp,
    "name": _name,
    "glob": _glob,
    "revision": _revision,
    "pathspec": _pathspec,
    "lines": _lines,
    "node": _node,
    "report": _report,
    "sed": _sed,
    "jq": _jq,
    "warning": _warning,
}


def _sweep(use: Use, folders: list[str], ground: Ground) -> list[Finding]:
    if not _NOTHING_READ.isdisjoint(use.seen) or _reads_pipe(use):
        return []
    hidden = use.table.hidden
    given = [text for _, kind, text in use.given if kind == "glob" and not text.startswith("!")]
    globs = [each for text in given for each in expand_braces(text, _MOST_ALTERNATIVES)[0]]
    for folder in filter(ground.inside, _outermost(folders)):  # what is outside asks anyway
        entry = ground.walks.swept(folder, hidden=hidden, globs=globs, passed_over=_passed_over(use))
        entry = entry or (None if hidden else _let_in(folder, globs, ground))
        if entry == UNSURE:
            return [ask("It reads more files than can be looked at beforehand.", "forbidden_paths")]
        if entry is not None:
            return [ask("It would also read what is forbidden.", f"forbidden_paths: {entry}")]
    return []


def _reads_pipe(use: Use) -> bool:
    """Tell whether a search reads what it is fed and no file, as it was given none, not even for its patterns."""
    if not use.fed or not use.table.filters or use.unknown:
        return False
    return all(kind != "path" for _, kind, _ in use.given)


def _passed_over(use: Use) -> PassedOver | None:
    """Return what tells of a name whether grep was told to leave it out, and not to read it as well."""
    told = {option: [text for name, _, text in use.given if name == option] for option in _CHOOSING}
    if not told["--exclude"] and not told["--exclude-dir"]:
        return None

    def passed_over(name: str, is_folder: bool) -> bool:
        if is_folder:
            return any(compile_glob(glob).fullmatch(name) for glob in told["--exclude-dir"])
        if any(names_overlap(glob, name) for glob in told["--include"]):
            return False
        return any(compile_glob(glob).fullmatch(name) for glob in told["--exclude"])

    return passed_over


def _outermost(folders: list[str]) -> list[str]:
    """Return the folders that lie in no other of them."""
    found: list[str] = []
    for folder in sorted(set(folders), key=lambda each: each.rstrip("/") + "/"):
        if not found or not within(folder, found[-1]):
            found.append(folder)
    return found


def _let_in(folder: str, globs: list[str], ground: Ground) -> str | None:
    """Return the forbidden entry that a file of ignore rules lets a search read although it is hidden."""
    for line in ground.walks.exceptions(folder, globs):
        rule = line.strip("/")
        entry = matches_forbidden(rule, ground) or ground.settings.forbidden.name_hit(rule.rsplit("/", 1)[-1])
        if entry is not None:
            return entry if ground.walks.swept(folder, hidden=True) is not None else None
    return None


def judge_target(text: str, ground: Ground, *, writes: bool, paths: list[str]) -> list[Finding]:
    """Return what there is to say against a redirection to or from a file."""
    path = ground.resolve(text)
    paths.append(path.real)
    if writes:
        if path.real == "/dev/null":
            return []
        findings = judge_resolved(path, Access.WRITE, ground)
        return [*findings, ask(f"It writes its output to {quoted(text)}.", "redirection")]
    return [] if path.real == "/dev/null" else judge_resolved(path, Access.READ, ground)
