"""What can be configured of tools, trust and terminals. As in `model`, docstrings are documentation for users."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from tui.config.fields import Dollars, Mark, Pattern, Range, Seconds
from tui.core.record import Record, record
from tui.core.terminal import AutoAnswer
from tui.core.trust import TrustMode

_SHELL = Pattern(r"(/\S+)?", "an absolute path of a program")


class Sandbox(StrEnum):
    """What commands of models run in."""

    AUTO = "auto"
    OFF = "off"
    REQUIRED = "required"


class Clipboard(StrEnum):
    """What happens when a program in a terminal wants to set the clipboard."""

    ASK = "ask"
    REFUSE = "refuse"


@record
class TrustConfig(Record):
    """What models may do without asking: table `[trust]`.

    A trusted project's own file adds to yours; the strictest of all rules that match decides (deny, then ask, then
    allow). Until its folder is trusted, a project's file can only make things stricter.
    """

    auto_approve: bool = False
    """`true`: writes and edits inside the project and commands of `allowed_commands` pass. `false`: every change asks,
    while reads inside the project and read-only commands of the list pass."""
    mode: TrustMode | None = None
    """The mode a session begins in: `plan` (reads only), `ask`, `auto-edit` or `auto`; `Shift+Tab` changes it. Unset:
    `auto` with `auto_approve`, else `ask`."""
    allowed_commands: tuple[str, ...] = (
        "cat", "diff", "file", "find", "git blame", "git branch", "git diff", "git log", "git ls-files",
        "git rev-parse", "git show", "git status", "grep", "head", "ls", "npm test", "pwd", "pytest", "rg", "sort",
        "stat", "tail", "tree", "uniq", "wc", "which",
    )  # fmt: skip
    """Commands that may run unasked, each as the words it begins with (`git status` does not allow `git
    status-all`). Options that write or execute, paths outside the project and redirections ask all the same."""
    forbidden_paths: tuple[str, ...] = (
        ".env", ".git", "~/.ssh", "~/.gnupg", "~/.aws", "~/.config/gcloud", "~/.kube", "~/.netrc", "~/.docker",
    )  # fmt: skip
    """Paths nothing may touch, in tools and in commands, whatever else allows it. A name without a slash forbids every
    file or folder so named; with `~` or `/` that folder and all below it; with `*`, `?`, `[ab]`, `{a,b}` or `**` (any
    folders) every path that matches. Upper and lower case are the same."""
    max_file_size: Annotated[int, Range(1, 1_000_000_000)] = 1_000_000
    """Bytes: most that is written, that a file holds after an edit, or that is read as a whole."""
    require_confirmation: tuple[str, ...] = ("file_delete", "system_command", "package_manifest", "env_file")
    """Kinds of calls that ask even with `auto_approve`: `file_delete`, `system_command`, `package_manifest`, `env_file`
    and `trusted_config` (always on: files other tools execute)."""
    rules: tuple[str, ...] = ()
    """Rules of your own, one a line: `allow run_command make test`, `ask write_file docs/**`, `deny read_file
    secrets/**`. Words of a command are compared from its first on; paths are written as in `forbidden_paths`, and one
    that is allowed is meant in exactly that case."""
    sandbox: Sandbox = Sandbox.AUTO
    """Run commands of models in bubblewrap, with the forbidden paths and your stored credentials hidden and no network:
    `auto` where it works, `off`, or `required` (else no command runs)."""
    sandbox_network: bool = False
    """Let commands in the sandbox use the network."""


@record
class ToolsConfig(Record):
    """How far models may go in one turn: table `[tools]`."""

    enabled: bool = True
    """Offer tools to the models. `false`: they can only talk."""
    max_rounds: Annotated[int, Range(1, 1_000)] = 50
    """Most requests of one turn; each round of tool calls takes one."""
    max_turn_usd: Annotated[Dollars | None, Mark.USER_ONLY] = Decimal(5)
    """Most dollars of one turn with tools; it ends before a round that could exceed them."""
    max_turn_tokens: Annotated[int, Range(1_000, 1_000_000_000), Mark.USER_ONLY] = 2_000_000
    """Most tokens of one turn with tools, read and written, in place of `max_turn_usd` where no price is known for the
    model."""
    command_timeout: Seconds = 120.0
    """Seconds until a command is ended, unless the model asks for another limit."""
    max_command_timeout: Seconds = 1_800.0
    """Longest limit in seconds a model may ask for."""
    output_bytes: Annotated[int, Range(1_000, 10_000_000)] = 48_000
    """Bytes of a command's output a model gets: its beginning and its end."""
    context: bool = True
    """Tell models about the repository (branch, status, files, README) in folders you trust."""


@record
class TerminalConfig(Record):
    """The embedded terminals: table `[terminal]`."""

    shell: Annotated[str, _SHELL, Mark.USER_ONLY] = ""
    """The shell of a terminal you open; empty: `$SHELL`."""
    scrollback_lines: Annotated[int, Range(0, 1_000_000)] = 10_000
    """Lines kept above the screen of each terminal."""
    auto_answer: Annotated[AutoAnswer, Mark.USER_ONLY] = AutoAnswer.ON
    """What happens when a program run by a model asks: type its safe default (`on`), propose it to you (`ask`), or
    nothing (`off`). Passwords are never typed."""
    silence: Seconds = 30.0
    """Seconds without a sign of life after which a program that waits for input is ended."""
    clipboard: Annotated[Clipboard, Mark.USER_ONLY] = Clipboard.ASK
    """`ask` when a program in a terminal wants to set your clipboard, or `refuse`."""
