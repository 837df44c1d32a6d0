"""Judging the file tools: where the path leads, what is done there, how large it would be."""

from dataclasses import dataclass, field
from typing import Final

from tui.core.globs import compile_glob, expand_braces
from tui.core.trust import Decision, Risk
from tui.trust.findings import Finding, ask, deny
from tui.trust.forbidden import canonical, with_home
from tui.trust.ground import Ground, within
from tui.trust.operands import glob_findings
from tui.trust.paths import Access, judge_path
from tui.trust.rules import Rule
from tui.trust.shape import Shape

_ACCESS = {
    "read_file": Access.READ,
    "list_files": Access.READ,
    "search": Access.READ,
    "write_file": Access.WRITE,
    "edit_file": Access.WRITE,
    "delete_file": Access.DELETE,
}
_MOST_ALTERNATIVES: Final = 256
_RISKS = {Access.READ: Risk.READ, Access.WRITE: Risk.CHANGE, Access.DELETE: Risk.DESTRUCTIVE}


@dataclass(slots=True, kw_only=True)
class JudgedFile:
    """What is to say of a file tool's call."""

    text: str
    risk: Risk
    findings: list[Finding] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    allowed_by: str = ""
    grantable: bool = True


def judge_file_call(shape: Shape, ground: Ground) -> JudgedFile:
    """Judge a call of one of the file tools."""
    access = _ACCESS[shape.tool]
    text = shape.text("path") or "."
    judged = JudgedFile(text=text, risk=_RISKS[access])
    judged.findings += [ask(odd, "characters and surroundings") for odd in shape.odd]
    findings, path = judge_path(text, access, ground)
    judged.findings += findings
    judged.paths.append(path.real)
    if shape.tool in {"list_files", "search"}:
        _judge_many(shape, ground, judged)
    elif access is Access.DELETE:
        _judge_deletion(path.real, ground, judged)
    else:
        _judge_size(shape, path.real, ground, judged)
    _judge_rules(shape, path.real, ground, judged)
    return judged


def _judge_many(shape: Shape, ground: Ground, judged: JudgedFile) -> None:
    """Judge a tool that looks at many files: a listing shows names, a search shows what is in them.

    The tools themselves leave out what is forbidden, so that only a pattern that aims at it is a question.
    """
    judged.grantable = False
    pattern = shape.text("glob") if shape.tool == "search" else shape.text("pattern")
    if not pattern or pattern.startswith("!"):
        return
    aimed = pattern.rpartition("/")[2].lstrip("*?") != ""
    for finding in glob_findings(pattern, ground):
        if finding.decision is Decision.DENY and shape.tool == "list_files":
            judged.findings.append(ask(finding.reason, finding.rule))
        elif aimed or not finding.rule.startswith("forbidden_paths") or finding.decision is Decision.DENY:
            judged.findings.append(finding)


def _judge_deletion(real: str, ground: Ground, judged: JudgedFile) -> None:
    root, home = ground.settings.root, ground.settings.home
    for place, told in ((root, "the project itself"), (home, "the home folder")):
        if (place + "/").startswith(real.rstrip("/") + "/"):
            judged.findings.append(deny(f"It would delete {told}.", "never: project and home"))
    entry = ground.walks.swept(real, hidden=True)
    if entry is not None and entry != "?":
        judged.findings.append(deny("It would delete what is forbidden.", f"forbidden_paths: {entry}"))


def _judge_size(shape: Shape, real: str, ground: Ground, judged: JudgedFile) -> None:
    limit = ground.settings.max_file_size
    found = ground.files.stat(real)
    size = found.st_size if found is not None and found.st_mode & 0o170000 == 0o100000 else 0
    if shape.tool == "read_file":
        if size > limit and "start_line" not in shape.args and "end_line" not in shape.args:
            judged.findings.append(
                deny(f"It has {size} bytes, {limit} is the most; read a range of lines.", "max_file_size")
            )
        return
    if shape.tool == "write_file":
        size = len(shape.text("content").encode("utf-8", "surrogatepass"))
    else:
        size = _size_after(shape, real, size, limit, ground)
    if size > limit:
        judged.findings.append(deny(f"It would have {size} bytes, {limit} is the most.", "max_file_size"))


def _size_after(shape: Shape, real: str, size: int, limit: int, ground: Ground) -> int:
    """Return how many bytes a file would have after its edits; where only reading it could tell, read it."""
    growth = 0
    text: str | None = None
    for edit in shape.edits:
        step = len(edit.new.encode("utf-8", "surrogatepass")) - len(edit.old.encode("utf-8", "surrogatepass"))
        times = 1
        if edit.all and step > 0:
            if text is None:
                text = ground.files.text(real, limit + 1) or ""
            times = text.count(edit.old)
            text = text.replace(edit.old, edit.new) if len(text) + times * step <= 4 * limit else text
        growth += times * step
    return size + growth


def _judge_rules(shape: Shape, real: str, ground: Ground, judged: JudgedFile) -> None:
    for rule in ground.settings.rules:
        if rule.words or rule.tool not in {shape.tool, "*"} or not _fits(rule, real, ground):
            continue
        if rule.decision is Decision.ALLOW:
            judged.allowed_by = f"rules: {rule.text}"
        else:
            make = deny if rule.decision is Decision.DENY else ask
            judged.findings.append(make("A rule of yours says so.", f"rules: {rule.text}"))


def _fits(rule: Rule, real: str, ground: Ground) -> bool:
    """Tell whether a rule's path means a resolved one: a name anywhere, a path from the root or the project.

    What a rule allows it names exactly; what it forbids or asks about it also means in other spellings.
    """
    if not rule.path:
        return True
    alternatives, _ = expand_braces(rule.path, _MOST_ALTERNATIVES)
    if alternatives != [rule.path]:
        alternatives.append(rule.path)  # a file may be named so
    return any(_means(each, real, ground, exact=rule.decision is Decision.ALLOW) for each in alternatives)


def _means(path: str, real: str, ground: Ground, *, exact: bool) -> bool:
    written = with_home(path, ground.settings.home)
    start = "/" if written.startswith("/") else ground.settings.root
    parts = [part for part in written.split("/") if part not in {"", "."}]
    if not exact:
        start, real = _folded(start), _folded(real)
        parts = [canonical(part) for part in parts]
    if not within(real, start):
        return False
    rest = real[len(start.rstrip("/")) + 1 :]
    if parts and "/" not in written.rstrip("/"):
        pattern = compile_glob(parts[0], escapes=False, wide=not exact)
        return any(pattern.fullmatch(name) for name in rest.split("/"))
    while parts and parts[-1] == "**":
        parts.pop()  # what is below is meant anyway
    pattern = compile_glob("/".join(parts), escapes=False, wide=not exact, below=True)
    return not parts or pattern.fullmatch(rest) is not None


def _folded(path: str) -> str:
    return "/".join(canonical(part) for part in path.split("/"))
