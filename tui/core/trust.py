"""The words trust is spoken in: what may happen, why, and how a person answers."""

from enum import StrEnum

from tui.core.record import Record, record


class Decision(StrEnum):
    """What the policy says of a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class TrustMode(StrEnum):
    """How much happens without a question, from least to most."""

    PLAN = "plan"
    """Reads only; every change is refused."""
    ASK = "ask"
    """In-project reads and read-only commands of the list pass; every change asks."""
    AUTO_EDIT = "auto-edit"
    """As `ask`, and in-project writes and edits pass."""
    AUTO = "auto"
    """As `auto-edit`, and every command of the list passes."""


class Risk(StrEnum):
    """The worst a call could do, in words people read."""

    READ = "reads"
    CHANGE = "changes files"
    RUN = "runs a program"
    DESTRUCTIVE = "destructive"


@record
class Part(Record):
    """One piece of a call, such as a simple command of a pipeline, and what the policy says of it alone.

    `text` is foreign: it is shown escaped. `rule` names the rule that decided.
    """

    text: str
    decision: Decision
    reason: str
    rule: str


@record
class Verdict(Record):
    """What the policy decided of a call.

    `reason` is one plain sentence. `grant` says in words what "this session" would allow, empty where only a single
    time can be allowed. `paths` are the absolute, resolved paths the call touches. `argv` is set when the command is
    one simple command that can run without a shell: exactly what runs. `line` is the shell line that runs where it is
    not the one that was written, because some of what that would show is left out; `note` says so to who reads the
    result.
    """

    decision: Decision
    reason: str
    rule: str
    risk: Risk
    parts: tuple[Part, ...] = ()
    grant: str = ""
    paths: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    line: str = ""
    note: str = ""


class AnswerKind(StrEnum):
    """What a person says to a request."""

    ONCE = "once"
    OUTSIDE = "outside"
    """Once, and outside the sandbox."""
    SESSION = "session"
    RULE = "rule"
    EDITED = "edited"
    DENY = "deny"


class Resolution(StrEnum):
    """How a request ended, whatever the cause."""

    ONCE = "once"
    OUTSIDE = "outside the sandbox"
    SESSION = "session"
    RULE = "rule"
    EDITED = "edited"
    DENIED = "denied"
    CANCELLED = "cancelled"
    NO_ANSWER = "no answer"
    OVERTAKEN = "overtaken"
    """Another answer settled it while it waited: a rule, or a grant for the same."""


@record
class RuleTrial(Record):
    """What a rule that is not saved yet would do. `problem` is empty when the rule is well formed."""

    rule: str
    problem: str
    decision: Decision
    reason: str
