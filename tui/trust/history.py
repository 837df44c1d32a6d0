"""What git may print of a repository's past: everything but files that are forbidden, or that need a question.

A path that a command names is judged like any other. But `git log -p` or `git diff` names none, and prints whatever
was committed, a forbidden file included. Such a command passes with that left out: exclusions are added behind its own
words, and what looks like the bare name of an object must be a commit. The verdict carries the words that run.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tui.trust.findings import Finding, ask, quoted
from tui.trust.forbidden import as_pathspecs, with_home
from tui.trust.ground import Ground, git_folders, within
from tui.trust.options import Use
from tui.trust.paths import Access, judge_path
from tui.trust.programs import Kind, path_kinds, printing

LEFT_OUT: Final = "It is allowed; what it would print of forbidden files is left out."
NOTE: Final = "Files that are forbidden, or that need a question, are left out of what git prints."
_LIMITED: Final = frozenset({"blame", "diff", "log", "show", "status"})
_OBJECT: Final = re.compile(r"(\^?)((?:[^\s:^~@{}]*-g)?[0-9a-fA-F]{4,64})(.*)", re.DOTALL)
_MAKES_COMMIT: Final = re.compile(r"[~^][0-9]*(?![{])|\^\{(?:commit\}|/)|@\{")
_RANGE: Final = re.compile(r"(\.{2,3})")
_EMPTY_TREES: Final = (
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
)
_MAGIC: Final = re.compile(r":(?:\(|[!/^])")
_PART: Final = re.compile(r"^[^:]+:(?!$|\.{2,3})")
_LIST: Final = re.compile(r"ignorerevsfile\s*=([^\n]*)", re.IGNORECASE)
_INCLUDES: Final = re.compile(r"^\s*\[\s*include", re.IGNORECASE | re.MULTILINE)
_MOST_SETTINGS: Final = 262_144
_NO_MORE: Final = frozenset({"--no-ext-diff", "--no-textconv", "--color", "--no-color", "--oneline", "--format", "-q"})
"""Options that name no further commits to show."""
_SPECIAL: Final = re.compile(r"[\\*?\[]")
_RULE: Final = "what git prints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """The words that run in place of those that were written; empty when these are right. And what asks."""

    words: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def limit(words: Sequence[str], use: Use, ground: Ground) -> Limited:
    """Return what must run instead of an allowed command of git (``["git", "log", …]``) so that it prints no secret."""
    if words[0] != "git" or len(words) < 2 or words[1] not in _LIMITED or use.unknown:
        return Limited()
    if words[1] == "blame":
        return Limited(findings=_lists_of_commits(ground))
    specs = exclusions(ground)
    if not specs:
        return Limited()
    prints = _prints_lines(words[1], use)
    told = _unlimited(words[1], use, ground) if prints else None
    if told is not None:
        return Limited(findings=(ask(told, _RULE),))
    changed = _commits_only(words, use, ground) if words[1] in {"diff", "show"} else list(words)
    if changed is None:
        told = "It may name a file's content by its object."
        return Limited(findings=(ask(told, _RULE),))
    if not prints or _is_of_files(words[1], use, ground):
        return Limited(words=() if changed == list(words) else tuple(changed))
    if words[1] in {"log", "show"} and not _has_paths(use, ground):
        changed[2:2] = ["--full-history", "--sparse"]  # commits stay in the list whatever they changed
    return Limited(words=(*changed, *specs))


def collects(words: Sequence[str], ground: Ground) -> Finding | None:
    """Return what there is to say against a subcommand that is allowed by name, and prints what files held."""
    hands_on = "".join(words[1:2]) in printing().collections or tuple(words[1:3]) == ("stash", "show")
    if words[0] != "git" or not hands_on or not exclusions(ground):
        return None
    return ask(f"{quoted(f'git {words[1]}')} can show what forbidden files held.", _RULE)


def exclusions(ground: Ground) -> tuple[str, ...]:
    """Return the pathspecs that leave out what is forbidden, or asks when it is read, of the repository around."""
    forbidden = ground.settings.forbidden
    top = _top(ground)
    anywhere = [_literal(name) for name in (*forbidden.names, *map(_bare, forbidden.names.values()))]
    anywhere += [each for _, entry in forbidden.patterns for each in as_pathspecs(_bare(entry))]
    patterns = [f"**/{name}{end}" for name in anywhere if name not in {"", ".git"} for end in ("", "/**")]
    patterns += [f"**/{_literal(name)}/**" for name in forbidden.folders if name != ".git"]
    patterns += [f"**/{name}" for kind in _confirmed(ground) for name in kind.reads]
    inside = [_literal(path) for path in _places_inside(top, ground)]
    inside += [
        each for _, entry in forbidden.globs for path in _inside(entry, top, ground) for each in as_pathspecs(path)
    ]
    patterns += [f"{path}{end}" for path in inside for end in ("", "/**")]
    return tuple(f":(top,exclude,icase,glob){pattern}" for pattern in dict.fromkeys(patterns))


def _confirmed(ground: Ground) -> list[Kind]:
    return [kind for name, kind in path_kinds().items() if name in ground.settings.confirm]


def _places_inside(top: str, ground: Ground) -> Iterator[str]:
    """Yield the forbidden places in the repository at `top`, relative to it."""
    start = top.rstrip("/") + "/"
    for path in (*ground.settings.forbidden.literal_places, *("/" + "/".join(place) for place, _ in ground.aliases)):
        if path.casefold().startswith(start.casefold()):
            yield path[len(start) :]


def _bare(entry: str) -> str:
    return entry.strip().removeprefix("./").rstrip("/")


def _literal(name: str) -> str:
    """Return a name as a pattern of git's that means this name only."""
    return _SPECIAL.sub(r"\\\g<0>", name)


def _prints_lines(subcommand: str, use: Use) -> bool:
    if subcommand == "status":
        return not use.seen.isdisjoint({"-v", "--verbose"})
    known = printing()
    if not use.seen <= known.instead | known.lineless:
        return True
    if subcommand == "log":
        return False
    named = bool(use.operands) and all(":" in each and not _MAGIC.match(each) for each in use.operands)
    if subcommand == "show" and named and not use.after_dashes and use.seen <= _NO_MORE:
        return False  # files in a revision, each of which was judged by its path; of a folder it lists the names
    return use.seen.isdisjoint(known.instead)


def _unlimited(subcommand: str, use: Use, ground: Ground) -> str | None:
    """Return why exclusions would not limit what a command prints, or None."""
    if subcommand == "status":
        return "It prints all that is staged, whatever paths are named."
    if subcommand == "diff" and not _is_of_files(subcommand, use, ground) and any(map(_PART.search, use.operands)):
        return "It compares folders of revisions, where paths begin anew."
    if "--full-diff" in use.seen:
        return "It prints all of a commit, whatever paths are named."
    if any(option == "--submodule" and text != "short" and text != "log" for option, _, text in use.given):
        return "It prints the files of other repositories."
    if "--follow" in use.seen and not _follows_file(use, ground):
        return "Which file it follows cannot be told."
    return None


def _follows_file(use: Use, ground: Ground) -> bool:
    """Tell whether it follows one file that is there, which is all that it prints then."""
    files = [each for each in use.operands if _is_file(each, ground)]
    return "--follow" in use.seen and len(files) == 1 and files[0] == use.operands[-1]


def _is_of_files(subcommand: str, use: Use, ground: Ground) -> bool:
    """Tell whether a command prints of certain files only, each judged by its path, and takes no further paths."""
    if "-L" in use.seen or _follows_file(use, ground):
        return True
    if subcommand != "diff" or not use.operands or use.after_dashes:
        return False
    named = [each.partition(":")[2] for each in use.operands if ":" in each and not _MAGIC.match(each)]
    return bool(named) and all(_is_file(each, ground) or _is_file(f"{_top(ground)}/{each}", ground) for each in named)


def _has_paths(use: Use, ground: Ground) -> bool:
    """Tell whether a command names files that choose the commits it lists."""
    if use.after_dashes:
        return True
    return any(_MAGIC.match(each) or ground.files.lstat(ground.resolve(each).real) for each in use.operands if each)


def _commits_only(words: Sequence[str], use: Use, ground: Ground) -> list[str] | None:
    """Return the words with each name of an object made one of a commit; None where that cannot be done."""
    end = len(words) - use.after_dashes
    revisions = use.operands[: len(use.operands) - use.after_dashes]
    changed = list(words)
    for index in range(2, end):
        word = words[index]
        if word not in revisions or word.startswith(":") or ground.files.lstat(ground.resolve(word).real) is not None:
            continue
        if list(words[:end]).count(word) != revisions.count(word):
            return None  # it is the value of an option too
        parts = [_as_commit(part) for part in _RANGE.split(word)] if ":" not in word else [_from_commit(word)]
        if None in parts:
            return None
        changed[index] = "".join(part for part in parts if part is not None)
    return changed


def _from_commit(text: str) -> str | None:
    """Return a path in a revision as one in a commit; in a folder's own object, paths would begin anew."""
    base, _, path = text.partition(":")
    if any(_OBJECT.fullmatch(piece.partition(":")[0]) for piece in _RANGE.split(path)[2::2]):
        return None
    commit = _as_commit(base)
    return None if commit is None else f"{commit}:{path}"


def _as_commit(text: str) -> str | None:
    found = _OBJECT.fullmatch(text)
    if found is None:
        return None if re.search(r"\^\{(blob|object)\}", text) else text
    mark, name, rest = found.groups()
    if len(name) >= 7 and any(tree.startswith(name.lower()) for tree in _EMPTY_TREES) and not rest:
        return text
    if not rest:
        return f"{mark}{name}^{{commit}}"
    return text if _MAKES_COMMIT.match(rest) else None


def _lists_of_commits(ground: Ground) -> tuple[Finding, ...]:
    """Return what there is to say of the list of commits that the repository's settings let blame read.

    Of a file that is no such list, git repeats a line in its message, and no other setting keeps it from that.
    """
    top = _top(ground)
    own, shared = (*git_folders(top, ground.files), f"{top}/.git", f"{top}/.git")[:2]
    findings: list[Finding] = []
    for place in (f"{shared}/config", f"{own}/config.worktree"):
        text = ground.files.text(place, _MOST_SETTINGS) or ""
        if _INCLUDES.search(text):
            findings.append(ask("The repository's settings include others, which can name any file to read.", _RULE))
        for found in _LIST.finditer(text):
            path = found[1].strip().strip('"')
            if "\\" in path:
                findings.append(ask("The repository's settings name a file in a way that cannot be read.", _RULE))
            findings += judge_path(path if path.startswith(("/", "~")) else f"{top}/{path}", Access.READ, ground)[0]
    return tuple(findings)


def _is_file(text: str, ground: Ground) -> bool:
    found = ground.files.stat(ground.resolve(text).real)
    return found is not None and found.st_mode & 0o170000 == 0o100000


def _top(ground: Ground) -> str:
    """Return the folder that holds the repository around the folder a command runs in, else that folder."""
    place = ground.cwd
    while ground.files.lstat(f"{place.rstrip('/')}/.git") is None:
        if place == "/":
            return ground.cwd
        place = os.path.dirname(place)  # noqa: PTH120 - text, as in all paths here
    return place


def _inside(entry: str, top: str, ground: Ground) -> Iterable[str]:
    """Return a pattern with folders as the repository at `top` has to be asked for it."""
    root = ground.settings.root
    plain = with_home(entry.strip().removeprefix("./").rstrip("/").removesuffix("/**"), ground.settings.home)
    last = plain.rpartition("/")[2]
    if plain.startswith(top.rstrip("/") + "/"):
        return (plain[len(top.rstrip("/")) + 1 :],)
    if plain.startswith("/"):
        sure = _SPECIAL.split(plain, maxsplit=1)[0]
        return (f"**/{last}",) if sure != plain and f"{top}/".startswith(sure) else ()
    if plain.startswith("**/") or not within(root, top):
        return (plain if plain.startswith("**/") else f"**/{last}",)
    above = root[len(top.rstrip("/")) + 1 :] if root != top else ""
    return (f"{above}/{plain}" if above else plain,)
