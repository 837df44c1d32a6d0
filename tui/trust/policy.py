"""What may happen: a call, the settings and a view of the file system in, a verdict out. Pure and total."""

from collections.abc import Sequence
from typing import Final

from tui.core.git_safety import without_drivers
from tui.core.trust import Decision, Part, Risk, TrustMode, Verdict
from tui.core.trust_rules import COMMAND_TOOLS
from tui.trust.calls import Call, FileView
from tui.trust.commands import Judged
from tui.trust.file_calls import judge_file_call
from tui.trust.findings import Finding, ask, deny, worst
from tui.trust.ground import Ground
from tui.trust.history import LEFT_OUT, NOTE
from tui.trust.lines import judge_line
from tui.trust.reader import spliced
from tui.trust.settings import TrustSettings
from tui.trust.shape import Misshape, read_shape

_INSIDE: Final = "inside the project"


def decide(call: Call, settings: TrustSettings, files: FileView) -> Verdict:
    """Judge a call. Nothing a model sends makes this raise; what cannot be understood asks or is refused.

    The steps only ever raise the level from allow over ask to deny: the shape of the call, forbidden paths, what is
    never right, paths outside the project, kinds that are confirmed, the command's own options, sizes, a person's
    rules, and last the mode.
    """
    try:
        return _decide(call, settings, files)
    except RecursionError:
        return _refused("It is nested too deeply to be judged.", "shape", Risk.RUN, str(call.tool))


def _decide(call: Call, settings: TrustSettings, files: FileView) -> Verdict:
    shape = read_shape(call)
    if isinstance(shape, Misshape):
        return _refused(shape.reason, shape.rule, Risk.RUN, _shown(call))
    ground = Ground(settings, files, str(call.cwd))
    if shape.tool in COMMAND_TOOLS:
        interactive = shape.tool == "run_interactive"
        return _command(
            *judge_line(shape, ground), settings.mode, spliced(shape.text("command")), interactive=interactive
        )
    judged = judge_file_call(shape, ground)
    finding = worst(judged.findings)
    if finding is None or finding.decision is Decision.ASK:
        finding = _by_mode(judged.risk, finding, settings.mode, granted=judged.allowed_by)
    rule = judged.allowed_by or _INSIDE
    finding = finding or Finding(Decision.ALLOW, "It stays inside the project.", rule)
    part = Part(text=judged.text, decision=finding.decision, reason=finding.reason, rule=finding.rule)
    grant = ""
    if finding.decision is Decision.ASK and judged.risk is not Risk.DESTRUCTIVE and judged.grantable:
        grant = f"{shape.tool} on exactly this path"
    return Verdict(
        decision=finding.decision,
        reason=finding.reason,
        rule=finding.rule,
        risk=judged.risk,
        parts=(part,),
        grant=grant,
        paths=tuple(judged.paths),
    )


def _by_mode(risk: Risk, finding: Finding | None, mode: TrustMode, *, granted: str) -> Finding | None:
    """Return what the mode makes of a file tool's call."""
    if risk is Risk.READ:
        return finding
    if mode is TrustMode.PLAN:
        return deny("Plan mode reads only.", "mode: plan")
    if finding is not None or granted:
        return finding
    if mode is TrustMode.ASK:
        return ask("Every change asks in this mode.", "mode: ask")
    if risk is Risk.DESTRUCTIVE and mode is not TrustMode.AUTO:
        return ask("Deleting asks in this mode.", f"mode: {mode}")
    return None


def _command(
    judged: Sequence[Judged], whole: Sequence[Finding], mode: TrustMode, source: str, *, interactive: bool
) -> Verdict:
    """Put the parts of a command line together. `whole` is what there is to say of the line, not of a part."""
    parts: list[Part] = []
    deciding: list[Finding] = []
    for each in judged:
        finding = _part_finding(each, mode, understood=not whole)
        deciding.append(finding)
        parts.append(Part(text=each.text, decision=finding.decision, reason=finding.reason, rule=finding.rule))
    extra = list(whole)
    if mode is TrustMode.PLAN and (whole or not judged):
        extra.append(deny("Plan mode runs only what surely reads.", "mode: plan"))
    if interactive and not extra:
        extra.append(ask("It runs a program that talks with whoever sits at the terminal.", "run_interactive"))
    finding = worst((*deciding, *extra)) or ask("It holds no command.", "no program")
    risk = _risk(judged, understood=not whole)
    single = judged[0] if len(judged) == 1 and not whole and judged[0].argv and judged[0].plain else None
    grant = ""
    if finding.decision is Decision.ASK and single is not None and risk is not Risk.DESTRUCTIVE and not single.inline:
        grant = "exactly this command in this folder"
    return Verdict(
        decision=finding.decision,
        reason=finding.reason,
        rule=finding.rule,
        risk=risk,
        parts=tuple(parts),
        grant=grant,
        paths=tuple(dict.fromkeys(path for each in judged for path in each.paths)),
        argv=() if single is None else single.limited or single.argv,
        line="" if whole or single is not None else _limited_line(judged, source),
        note=NOTE if not whole and any(each.limited for each in judged) else "",
    )


def _limited_line(judged: Sequence[Judged], source: str) -> str:
    """Return a line with the words that run in place of those that would print what is forbidden; empty for none."""
    import shlex

    line = source
    for each in sorted(judged, key=lambda each: each.span, reverse=True):
        if each.limited:
            words = (each.limited[0], *without_drivers(each.limited[1:]))
            written = f"{shlex.join(words)} {each.redirected}".rstrip()
            line = line[: each.span[0]] + written + line[each.span[1] :]
    return line if line != source else ""


def _part_finding(judged: Judged, mode: TrustMode, *, understood: bool) -> Finding:
    finding = worst(judged.findings)
    refused = finding is not None and finding.decision is Decision.DENY
    if mode is TrustMode.PLAN and not refused and not (judged.only_reads and understood):
        return deny("Plan mode runs only what surely reads.", "mode: plan")
    if finding is not None:
        return finding
    by_rule = judged.allowed_by.startswith("rules:")  # the person wrote it for this very command, in every mode
    if mode is not TrustMode.AUTO and not judged.only_reads and not by_rule:
        return ask("It is allowed, but this mode asks before programs that may change files.", f"mode: {mode}")
    reason = LEFT_OUT if judged.limited else "It is allowed and stays inside the project."
    return Finding(Decision.ALLOW, reason, judged.allowed_by)


def _risk(judged: Sequence[Judged], *, understood: bool) -> Risk:
    if any(each.destructive for each in judged):
        return Risk.DESTRUCTIVE
    reads = (
        bool(judged)
        and understood
        and all(each.only_reads and (worst(each.findings) is None or each.plain) for each in judged)
    )
    return Risk.READ if reads else Risk.RUN


def _refused(reason: str, rule: str, risk: Risk, text: str) -> Verdict:
    part = Part(text=text, decision=Decision.DENY, reason=reason, rule=rule)
    return Verdict(decision=Decision.DENY, reason=reason, rule=rule, risk=risk, parts=(part,))


def _shown(call: Call) -> str:
    args: object = call.args
    if isinstance(args, dict):
        for name in ("command", "cmd", "path", "file_path"):
            if isinstance(args.get(name), str):
                return str(args[name])
    return str(call.tool)
