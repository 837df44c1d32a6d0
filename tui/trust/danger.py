"""What is never right: deleting the root, the home, the project or the system, and overwriting disks."""

import re
from collections.abc import Sequence
from typing import Final

from tui.trust.findings import Finding, deny, quoted
from tui.trust.ground import Ground, within
from tui.trust.programs import programs
from tui.trust.reader import Simple, read_commands
from tui.trust.rules import begins_with

_FORK_BOMB: Final = re.compile(r"([\w:.+-]{1,32})\s{0,8}\(\s{0,8}\)\s{0,8}\{[^}|]{0,200}?\1\s{0,8}\|\s{0,8}\1")
_DISK: Final = re.compile(
    r"/dev/(?:sd[a-z]|hd[a-z]|vd[a-z]|xvd[a-z]|nvme\d|mmcblk\d|disk\d|rdisk\d|mapper/|dm-\d|md\d|loop\d|mem$|kmem$|port$)"
)
_REMOVING_CALL: Final = re.compile(
    r"(?:rmtree|rm_rf|rm_r|remove_tree|RemoveAll|rimraf|rmSync|rmdirSync|remove_dir_all)[\s(]{1,4}['\"]([^'\"\n]{1,200})['\"]"
)
_SEGMENTS: Final = re.compile(r"[;|&\n(){}`]+|\$\(")
_DEEPEST: Final = 3
_MOST_LOOKED_AT: Final = 40


def name_of(word: str) -> str:
    """Return the name of a program without its folder."""
    return word.rsplit("/", 1)[-1]


def is_disk(path: str) -> bool:
    """Tell whether a path names a disk or the memory of the machine."""
    return _DISK.match(path) is not None


def never(argv: Sequence[str], ground: Ground, depth: int = 0) -> Finding | None:
    """Return why a command is refused whatever else is allowed, or None."""
    if not argv:
        return None
    known = programs()
    first = name_of(argv[0])
    deeper = first in known.wrappers or first in known.shells
    for index in _programs_in(argv) if deeper else (0,):
        finding = _destroys(argv[index:], ground)
        if finding is not None:
            return finding
    if depth < _DEEPEST and (deeper or known.interpreters.fullmatch(first)):
        for word in argv[1:]:
            if any(blank in word for blank in " \t\n;|&"):
                finding = never_in_text(word, ground, depth + 1)
                if finding is not None:
                    return finding
    if known.interpreters.fullmatch(first):
        called = [path for word in argv[1:] for path in _REMOVING_CALL.findall(word)]
        return _targets(called, ground, project=True)
    return None


def never_in_text(text: str, ground: Ground, depth: int = 0) -> Finding | None:
    """Return why a text that holds commands is refused whatever else is allowed, or None."""
    if _FORK_BOMB.search(text):
        return deny("It starts itself without end.", "never: fork bomb")
    for command in read_commands(text, ground.places).commands:
        words = [word.text for word in command.words]
        finding = never(words, ground, depth) or _never_handed_on(words, command, ground, depth)
        if finding is not None:
            return finding
    if depth > 0 or len(text) > 20_000:
        return None
    for segment in _SEGMENTS.split(text):
        finding = never_in_text(segment, ground, depth + 1) if segment and segment != text else None
        if finding is not None:
            return finding
    return None


def _never_handed_on(words: Sequence[str], command: Simple, ground: Ground, depth: int) -> Finding | None:
    """Look into a quoted text that stands where a program would, and into texts that a program is fed."""
    if depth >= _DEEPEST:
        return None
    texts = [each.target.text for each in command.redirections if each.operator == "<<<" and each.target is not None]
    texts += [word for word in words[:1] if " " in word]
    return next((hit for text in texts if (hit := never_in_text(text, ground, depth + 1)) is not None), None)


def is_destructive(argv: Sequence[str]) -> bool:
    """Tell whether a command may destroy what cannot be brought back; such are never granted for a session."""
    known = programs()
    if not argv:
        return False
    deeper = name_of(argv[0]) in known.wrappers or name_of(argv[0]) in known.shells
    starts = {0, *_programs_in(argv)} if deeper else {0}
    return any(_is_destructive(argv[index:]) for index in starts)


def _is_destructive(argv: Sequence[str]) -> bool:
    known = programs()
    words = [name_of(argv[0]), *argv[1:500]]
    if known.disk_tools.fullmatch(words[0]):
        return True
    if words[0] == "find" and {"-delete", "-exec", "-execdir", "-ok", "-okdir"} & set(words):
        return True
    plain = [word for index, word in enumerate(words) if index == 0 or not word.startswith("-")]
    return any(begins_with(words, entry) or begins_with(plain, entry) for entry in known.destructive)


def _programs_in(argv: Sequence[str]) -> list[int]:
    """Return where in a command other programs of interest stand, up to a limit."""
    known = programs()
    beginnings = (
        {entry[0] for entry in known.destructive} | known.removers | known.changers | {"find", "dd", "tee", "cp"}
    )
    found: list[int] = []
    for index, word in enumerate(argv):
        name = name_of(word)
        if name in beginnings or known.disk_tools.fullmatch(name):
            found.append(index)
            if len(found) >= _MOST_LOOKED_AT:
                break
    return found


def _destroys(argv: Sequence[str], ground: Ground) -> Finding | None:
    known = programs()
    name = name_of(argv[0])
    operands = [word for word in argv[1:] if not word.startswith("-")]
    if name in {"tee", "cp", "shred"} and any(is_disk(word) for word in operands):
        return deny("It overwrites a disk.", "never: disks")
    if name in known.removers:
        if "--no-preserve-root" in argv:
            return deny("It deletes without any safeguard.", "never: --no-preserve-root")
        return _targets(operands[:-1] if name == "mv" else operands, ground, project=True)
    if name in known.changers and any(_is_recursive(word) for word in argv[1:]):
        return _targets(operands, ground, project=False)
    if name == "find" and {"-delete", "-exec", "-execdir"} & set(argv):
        return _targets(operands[:1], ground, project=False)
    if name == "dd" and any(is_disk(word.removeprefix("of=")) for word in argv if word.startswith("of=")):
        return deny("It overwrites a disk.", "never: disks")
    if known.disk_tools.fullmatch(name) and any(word.startswith("/dev/") for word in argv):
        return deny("It overwrites a disk.", "never: disks")
    return None


def _is_recursive(word: str) -> bool:
    return word == "--recursive" or (word.startswith("-") and not word.startswith("--") and "R" in word)


def _removed(operand: str, ground: Ground) -> str:
    """Return what deleting an operand deletes: of a link the link itself, unless a slash follows its name."""
    folder, _, name = operand.rpartition("/")
    if not name or name in {".", ".."}:
        return ground.resolve(operand or "/").real
    return f"{ground.resolve(folder or ('/' if operand.startswith('/') else '.')).real.rstrip('/')}/{name}"


def _targets(operands: Sequence[str], ground: Ground, *, project: bool) -> Finding | None:
    known = programs()
    for operand in filter(None, operands):
        base, star = operand, False
        while base.endswith(("/*", "/.*", "/.", "/..*", "/.[!.]*")):
            star = star or not base.endswith("/.")
            base = base.rsplit("/", 1)[0] or "/"
        real = _removed(base, ground)
        if real == "/" or real in known.system_folders:
            return deny(f"{quoted(operand)} is part of the system.", "never: system folders")
        if within(ground.settings.home, real):
            return deny(f"{quoted(operand)} is the home folder or holds it.", "never: home")
        root = ground.settings.root
        if within(root, real) and (real != root or (project and not star)):
            return deny(f"{quoted(operand)} is the project itself or holds it.", "never: project")
    return None
