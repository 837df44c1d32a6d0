"""What may happen: a call, the settings and a view of the file system in, a verdict out. Pure and total."""

from tui.core.trust import Decision, Part, Risk, Verdict
from tui.trust.calls import Call, FileView
from tui.trust.settings import TrustSettings
from tui.trust.shape import Misshape, read_shape


def decide(call: Call, settings: TrustSettings, files: FileView) -> Verdict:
    """Judge a call. Nothing a model sends makes this raise; what cannot be understood asks or is refused."""
    shape = read_shape(call)
    if isinstance(shape, Misshape):
        part = Part(text=str(call.tool), decision=Decision.DENY, reason=shape.reason, rule=shape.rule)
        return Verdict(decision=Decision.DENY, reason=shape.reason, rule=shape.rule, risk=Risk.RUN, parts=(part,))
    return Verdict(decision=Decision.ASK, reason="It is not judged yet.", rule="unjudged", risk=Risk.RUN)
