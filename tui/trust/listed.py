"""Commands a person allows that no table of options describes: what their operands may be.

An entry stands for its words and for paths behind them. That holds for programs whose operands are names of files. With
others an operand is a program text, the name of a further task, or a container whose content says what is written.
"""

import re
from collections.abc import Sequence
from typing import Final

from tui.trust.findings import Finding, ask, quoted
from tui.trust.ground import Ground
from tui.trust.programs import programs

_PLAIN_OPERAND: Final = re.compile(r"[A-Za-z0-9_./%,][A-Za-z0-9_./%,@+~ -]*")


def nature_findings(words: Sequence[str], entry: Sequence[str], ground: Ground) -> list[Finding]:
    """Return what there is to say against an allowed command because of what its program does with its operands.

    `words` are all words of the command, the first of which are those of `entry`.
    """
    known = programs()
    name, operands = words[0], words[len(entry) :]
    rule = f"operands of {name}"
    findings: list[Finding] = []
    if len(entry) == 1 and name in known.families:
        findings.append(ask("This subcommand is not known to be harmless.", f"allowed_commands: {name}"))
    findings += [
        ask(f"{quoted(word)} is not known to be harmless for this program.", rule)
        for word in operands
        if not _PLAIN_OPERAND.fullmatch(word)
    ]
    if operands and name in known.texts:
        findings.append(ask(f"{quoted(operands[0])} may be a program text, or name what is done.", rule))
    if operands and name in known.runners:
        findings.append(ask(f"{quoted(operands[0])} names something more to run.", rule))
    if name in known.unpackers and entry[1:2] not in {(option,) for option in known.listing}:
        findings.append(ask("What it writes is named inside the file it reads.", rule))
    if name in known.sweepers:
        findings += _swept(_folders(operands, known.sweepers[name]), rule, ground)
    return findings


def _folders(operands: Sequence[str], which: str) -> Sequence[str]:
    if which == "sources":
        return operands[:-1]
    return operands[1:] if which == "after pattern" else operands


def _swept(folders: Sequence[str], rule: str, ground: Ground) -> list[Finding]:
    for folder in folders or (ground.cwd,):
        entry = ground.walks.swept(ground.resolve(folder).real, hidden=True)
        if entry == "?":
            return [ask("It takes more files than can be looked at beforehand.", rule)]
        if entry is not None:
            return [ask("It would also take what is forbidden.", f"forbidden_paths: {entry}")]
    return []
