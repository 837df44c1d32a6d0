"""Judging one path: forbidden, the program's own, outside the project, a device, or of a kind that is confirmed."""

import stat
from enum import Enum
from typing import Final

from tui.trust.findings import Finding, ask, deny, quoted
from tui.trust.forbidden import canonical, components
from tui.trust.ground import Ground, Resolved, within
from tui.trust.programs import Kind, path_kinds

OWN_FOLDER: Final = ".llmmixer"


class Access(Enum):
    """What is done with a path."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    ANY = "any"
    """A program does with it what it does; nobody knows."""


def judge_path(text: str, access: Access, ground: Ground) -> tuple[list[Finding], Resolved]:
    """Return what there is to say against this use of a path, and where it leads."""
    paths = [ground.resolve(text)]
    if text.startswith("~"):  # the path might be read with its tilde, or by somebody who expands it
        user, _, rest = text[1:].partition("/")
        home = ground.settings.home if not user else ground.files.home_of(user)
        if home:
            paths.append(ground.resolve(f"{home}/{rest}"))
    variable = next((each for each in ("$HOME/", "${HOME}/") if text.startswith(each)), None)
    if variable is not None:
        paths.append(ground.resolve(f"{ground.settings.home}/{text[len(variable) :]}"))
    findings: list[Finding] = []
    for path in paths:
        findings += judge_resolved(path, access, ground)
    return findings, paths[-1]


def judge_resolved(path: Resolved, access: Access, ground: Ground) -> list[Finding]:
    """Return what there is to say against this use of a resolved path."""
    if access is Access.READ and path.text == path.real == "/dev/null":
        return []
    entry = ground.forbidden(path)
    if entry is not None:
        return [deny(f"{quoted(path.text)} is forbidden.", f"forbidden_paths: {entry}")]
    if access is not Access.READ:
        finding = _own(path, access, ground)
        if finding is not None:
            return [finding]
    findings = _linked(path, ground)
    if access is Access.DELETE:
        below = ground.settings.forbidden.below(path.real)
        if below is not None:
            findings.append(deny(f"{quoted(path.text)} holds what is forbidden.", f"forbidden_paths: {below}"))
    if path.odd or within(path.real, "/proc") or within(path.real, "/sys"):
        findings.append(ask(f"{quoted(path.text)} leads through what the kernel shows.", "kernel files"))
    elif not ground.inside(path.real):
        findings.append(ask(f"{quoted(path.text)} is outside the project.", "outside the project"))
    findings += _special(path, ground)
    if access is not Access.ANY:
        findings += _kinds(path, access, ground)
    return findings


def _own(path: Resolved, access: Access, ground: Ground) -> Finding | None:
    plain = components(path.real)
    hit = OWN_FOLDER in plain
    for own in ground.settings.own:
        place = components(own)
        hit = hit or plain[: len(place)] == place
        hit = hit or (access is Access.DELETE and place[: len(plain)] == plain)
    return deny(f"{quoted(path.text)} belongs to this program itself.", "own files") if hit else None


def _linked(path: Resolved, ground: Ground) -> list[Finding]:
    same = ground.same_as_forbidden(path)
    if same is None:
        return []
    if same == "?":
        return [ask(f"{quoted(path.text)} has more names, and not all could be looked at.", "hard links")]
    return [deny(f"{quoted(path.text)} is another name of a forbidden file.", f"forbidden_paths: {same}")]


def _special(path: Resolved, ground: Ground) -> list[Finding]:
    found = ground.files.stat(path.real)
    if found is None:
        return _endless(path, ground)
    if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
        return []
    return [ask(f"{quoted(path.text)} is a device, a pipe or a socket.", "special files")]


def _endless(path: Resolved, ground: Ground) -> list[Finding]:
    """Ask about what is not there because links lead in a circle, or nobody may look."""
    place = path.real
    while place not in {"", "/"}:
        here = ground.files.lstat(place)
        if here is not None:
            if stat.S_ISLNK(here.st_mode):
                return [ask(f"Where {quoted(path.text)} leads cannot be told.", "symbolic links")]
            return []
        place = place.rpartition("/")[0]
    return []


def _kinds(path: Resolved, access: Access, ground: Ground) -> list[Finding]:
    findings: list[Finding] = []
    confirm = ground.settings.confirm
    if access is Access.DELETE and "file_delete" in confirm:
        findings.append(ask(f"It deletes {quoted(path.text)}.", "require_confirmation: file_delete"))
    base = components(ground.settings.root)
    for name, kind in path_kinds().items():
        if name not in confirm:
            continue
        for spelling in path.spellings:
            plain = tuple(canonical(part) for part in spelling.split("/") if part and part != ".")
            if _is_kind(kind, plain[len(base) :] if plain[: len(base)] == base else plain, access):
                findings.append(ask(f"{quoted(path.text)} is {kind.told}.", f"require_confirmation: {name}"))
                break
    return findings


def _is_kind(kind: Kind, plain: tuple[str, ...], access: Access) -> bool:
    if access is Access.READ:
        return bool(plain) and kind.read.fullmatch(plain[-1]) is not None
    if not plain:
        return False
    return kind.changed.fullmatch(plain[-1]) is not None or any(part in kind.folders for part in plain)
