"""Judging the file tools: where the path leads, what is done there, how large it would be."""

from dataclasses import dataclass, field

from tui.core.trust import Decision, Risk
from tui.trust.findings import Finding, ask, deny
from tui.trust.forbidden import canonical, translate
from tui.trust.ground import Ground
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
    entry = ground.swept(real, hidden=True)
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
    """Tell whether a rule's path means a resolved one: a name anywhere, a path from the root or the project."""
    import re

    if not rule.path:
        return True
    pattern = rule.path
    if pattern.startswith("~/"):
        pattern = ground.settings.home + pattern[1:]
    base = "" if pattern.startswith("/") else ground.settings.root
    parts = [part if part == "**" else _plain(part, rule) for part in pattern.split("/") if part not in {"", "."}]
    ending = "(?:/.*)?" if parts and parts[-1] != "**" else ""
    path = real if rule.decision is Decision.ALLOW else "/".join(canonical(part) for part in real.split("/"))
    start = base if rule.decision is Decision.ALLOW else "/".join(canonical(part) for part in base.split("/"))
    anywhere = "/" not in rule.path.rstrip("/")
    if not path.startswith(start.rstrip("/") + "/"):
        return False
    rest = path[len(start.rstrip("/")) + 1 :]
    if anywhere:
        return any(re.fullmatch(translate(parts[0]), part) for part in rest.split("/")) if parts else False
    if parts[-1] == "**":
        ending = "(?:/.*)?"
        parts.pop()
    return re.fullmatch(translate("/".join(parts)) + ending, rest) is not None


def _plain(part: str, rule: Rule) -> str:
    return part if rule.decision is Decision.ALLOW else canonical(part)
