"""A session's view of trust: the settings in force, what was granted, and what a turn has read.

The policy itself is pure (`tui.trust.policy`); here it is given its settings, its view of the disk and the session's
own grants. `decide`, `may_read` and `launch` look at the disk and are called in threads.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tui.config.model_work import Sandbox, TrustConfig
from tui.core.errors import Problem
from tui.core.secrets import mask_known
from tui.core.trust import Decision, RuleTrial, TrustMode, Verdict
from tui.engine.workspace import Workspace
from tui.tools.requests import Request, Tool
from tui.trust.calls import Call, DiskView
from tui.trust.execution import CannotRunError, Plan, plan_execution
from tui.trust.grants import Grants
from tui.trust.policy import decide
from tui.trust.provenance import Taint, carries_secret, facts_taint, wrap
from tui.trust.rules import parse_rule
from tui.trust.sandbox import Box, credentials_of, missing, probe
from tui.trust.settings import TrustSettings, compile_settings

_ONE_LESS: Final = {TrustMode.AUTO: TrustMode.AUTO_EDIT, TrustMode.AUTO_EDIT: TrustMode.ASK}


class Judge:
    """Decides about calls. Making it blocks for a moment: a sandbox is tried out.

    Rules a person saves go to `user_file`, or live as long as the session when it is None.
    """

    def __init__(
        self,
        config: TrustConfig,
        workspace: Workspace,
        environ: Mapping[str, str],
        *,
        user_file: Path | None,
    ) -> None:
        self._config = config
        self._workspace = workspace
        self._environ = environ
        self._user_file = user_file
        self._files = DiskView(environ)
        self._grants = Grants()
        self._taints: dict[str, Taint] = {}
        self._suspicious: dict[str, Taint] = {}
        self._told = Taint()
        self._written: set[str] = set()
        self._reading = threading.Lock()
        self._settings = self._compiled(None)
        self._lowered = self._one_less()
        found = probe()
        self._no_sandbox = missing(config.sandbox, found)
        self._box = self._boxed(found.program) if config.sandbox is not Sandbox.OFF and found.program else None
        self.sandbox_name = "" if self._box is None else self._box.name
        self.leavable = self._box is not None and config.sandbox is not Sandbox.REQUIRED

    @property
    def mode(self) -> TrustMode:
        """How much happens without a question."""
        return self._settings.mode

    def set_mode(self, mode: TrustMode) -> None:
        """Let more or less happen without a question, from the next decision on."""
        self._settings = replace(self._settings, mode=mode)
        self._lowered = self._one_less()

    def decide(self, request: Request, pane: str, turn: str) -> Verdict:
        """Judge a call as the session stands now."""
        call = self._call(request)
        tainted = self._taint(pane, turn).tainted
        verdict = decide(call, self._lowered if tainted else self._settings, self._files)
        if verdict.decision is Decision.ASK and not tainted and self._grants.allows(call, verdict):
            verdict = replace(verdict, decision=Decision.ALLOW, reason="You allowed exactly this.", rule="this session")
        secret = carries_secret(request.arguments)
        if verdict.decision is Decision.ALLOW and secret:
            reason = "It holds a secret this program knows."
            verdict = replace(verdict, decision=Decision.ASK, reason=reason, rule="known secret", grant="")
        return verdict

    def may_read(self, path: Path) -> bool:
        """Whether a model may be told what is in a file, or a part of it, without a question."""
        return self._may(Tool.READ_FILE, {"path": str(path), "start_line": 1})

    def shows(self, path: Path) -> bool:
        """Whether listings and facts about the project may name a path."""
        return self.may_read(path) and (
            not self._is_ruled(Tool.LIST_FILES) or self._may(Tool.LIST_FILES, {"path": str(path)})
        )

    def finds(self, path: Path) -> bool:
        """Whether searches may tell what is in a file."""
        return self.may_read(path) and (
            not self._is_ruled(Tool.SEARCH) or self._may(Tool.SEARCH, {"path": str(path), "pattern": "."})
        )

    def grant(self, request: Request, verdict: Verdict) -> bool:
        """Let exactly this pass for the rest of the session; False when it may pass only once."""
        return self._grants.add(verdict, self._call(request))

    def try_rule(self, request: Request, rule: str) -> RuleTrial:
        """Return what a rule would make of a call; nothing is kept."""
        try:
            parsed = parse_rule(rule)
        except ValueError as error:
            return RuleTrial(rule=rule, problem=str(error), decision=Decision.ASK, reason="")
        settings = replace(self._settings, rules=(*self._settings.rules, parsed))
        verdict = decide(self._call(request), settings, self._files)
        return RuleTrial(rule=parsed.text, problem="", decision=verdict.decision, reason=verdict.reason)

    def save_rule(self, rule: str) -> None:
        """Keep a rule in the person's own configuration; it holds at once. Raises `ValueError` or `UsageError`."""
        parsed = parse_rule(rule)
        if self._user_file is not None:
            from tui.config.save import add_to_list

            add_to_list(self._user_file, "trust.rules", parsed.text)
        self._settings = replace(self._settings, rules=(*self._settings.rules, parsed))
        self._lowered = self._one_less()

    def launch(self, request: Request, verdict: Verdict, cwd: Path, *, outside: bool = False) -> Plan | None:
        """Return how a command is started; None for tools that start nothing.

        `outside` the sandbox is for what a person let run there. Raises `CannotRunError`.
        """
        if not request.tool.runs_programs:
            return None
        if self._no_sandbox:
            raise CannotRunError(Problem(title="Not run", text=self._no_sandbox))
        if outside and self._config.sandbox is Sandbox.REQUIRED:
            raise CannotRunError(Problem(title="Not run", text="The settings require the sandbox for every command."))
        return plan_execution(
            str(request.arguments["command"]),
            verdict,
            root=self._workspace.root,
            cwd=cwd,
            environ=self._environ,
            box=None if outside else self._box,
            interactive=request.tool is Tool.RUN_INTERACTIVE,
        )

    def take_in(self, text: str, request: Request, *, pane: str, turn: str) -> str:
        """Return a tool's text as it goes to a model: marked as data, with where it came from; the turn remembers.

        Looks through all of the text: called in threads.
        """
        tool = request.tool.value
        source = f"{tool} {request.arguments.get('command') or request.title}"
        with self._reading:
            taint = self._taint(pane, turn).after(text, tool, source)
            if (path := request.arguments.get("path")) is not None and request.tool is not Tool.LIST_FILES:
                taint = self._with_file(taint, os.path.realpath(self._workspace.root / str(path)), request)
            self._taints[turn] = taint
        return wrap(text, source, taint.level_of(tool))

    def _with_file(self, taint: Taint, path: str, request: Request) -> Taint:
        """Remember what is written by a turn that has read foreign text: whoever reads it has read that too."""
        if not request.tool.only_reads:
            if taint.tainted:
                self._written.add(path)
            return taint
        return taint.passed_on(request.title) if path in self._written else taint

    def take_in_facts(self, text: str) -> str:
        """Return facts about the project as models are told them at the start of every turn: marked as data."""
        self._told = facts_taint(text)
        return wrap(text, "the project", self._told.level_of("read_file"))

    def because(self, pane: str, turn: str) -> str:
        """Return what foreign content a call of this turn may come from; empty for none."""
        return self._taint(pane, turn).because

    def end_turn(self, pane: str, turn: str) -> None:
        """Forget what a turn has read, but not that text which addresses models stays in the pane's conversation."""
        taint = self._taints.pop(turn, None)
        if taint is not None and taint.flagged:
            self._suspicious[pane] = taint

    def forget(self, pane: str) -> None:
        """Forget what a pane's conversation holds: it begins anew."""
        self._suspicious.pop(pane, None)

    def _taint(self, pane: str, turn: str) -> Taint:
        return self._taints.get(turn) or self._suspicious.get(pane) or self._told

    def masked(self, text: str) -> str:
        """Return text a person is to see, with the keys this program knows masked."""
        return mask_known(text)

    def _may(self, tool: Tool, arguments: Mapping[str, Any]) -> bool:
        call = Call(tool=tool.value, args=arguments, cwd=self._workspace.root)
        return decide(call, self._settings, self._files).decision is Decision.ALLOW

    def _is_ruled(self, tool: Tool) -> bool:
        return any(rule.tool == tool.value and rule.decision is not Decision.ALLOW for rule in self._settings.rules)

    def _call(self, request: Request) -> Call:
        return Call(tool=request.tool.value, args=request.arguments, cwd=self._workspace.root)

    def _compiled(self, mode: TrustMode | None) -> TrustSettings:
        workspace = self._workspace
        return compile_settings(
            self._config,
            workspace.project_trust,
            project_trusted=workspace.trusted,
            home=workspace.home,
            root=workspace.root,
            own_paths=workspace.own_paths,
            mode=mode,
        )

    def _boxed(self, program: str) -> Box:
        workspace = self._workspace
        return Box(
            program,
            root=workspace.root,
            forbidden=self._settings.forbidden,
            hidden=(*workspace.own_paths, *credentials_of(workspace.home)),
            network=self._config.sandbox_network,
            environ=self._environ,
        )

    def _one_less(self) -> TrustSettings:
        """Return the settings of a turn that has read foreign text: one mode less, and no rule allows anything."""
        rules = tuple(rule for rule in self._settings.rules if rule.decision is not Decision.ALLOW)
        mode = _ONE_LESS.get(self._settings.mode, self._settings.mode)
        return replace(self._settings, mode=mode, rules=rules)
