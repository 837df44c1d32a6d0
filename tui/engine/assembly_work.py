"""Puts together what lets models act: imported only where there is a folder to work in."""

from pathlib import Path
from typing import TYPE_CHECKING

from tui.config.paths import user_config_file
from tui.core.secrets import register_environment
from tui.engine.judge import Judge
from tui.engine.records import Records
from tui.engine.terminals import Terminals
from tui.engine.tool_call import Desk
from tui.engine.tool_prompt import ToolPrompt
from tui.engine.tool_runner import ToolRunner
from tui.engine.work import Work
from tui.engine.workspace import Workspace
from tui.tools.box import Toolbox
from tui.tools.context import repository_facts
from tui.tools.outcome import Limits
from tui.tools.requests import Tool
from tui.tools.spec import TOOLS
from tui.trust.approvals import Approvals
from tui.trust.audit import Audit
from tui.trust.provenance import DATA_RULE

if TYPE_CHECKING:
    from tui.engine.engine import Engine


def assemble_work(engine: "Engine", workspace: Workspace) -> tuple[Terminals, Work]:
    """Build terminals and tools. Blocking: the workspace may have to be made, a sandbox is tried out."""
    if workspace.make is not None:
        workspace.make()
    register_environment(engine.environ)
    config, publish = engine.config, engine.bus.publish
    records = Records(_audit(engine), engine.session, publish)
    user_file = None if engine.demo else user_config_file(engine.environ)
    judge = Judge(config.trust, workspace, engine.environ, user_file=user_file)
    terminals = Terminals(
        config.terminal,
        workspace.root,
        engine.environ,
        told=records.typed,
        output_bytes=config.tools.output_bytes,
        publish=publish,
        clock=engine.clock,
        misled=lambda pane, turn: bool(judge.because(pane, turn)),
    )
    toolbox = Toolbox(
        workspace.root,
        state=_state(engine) / "work" / engine.session,
        limits=Limits(
            file_bytes=config.trust.max_file_size,
            output_bytes=config.tools.output_bytes,
            command_timeout=config.tools.command_timeout,
            max_command_timeout=config.tools.max_command_timeout,
        ),
        allowed=judge.shows,
        searchable=judge.finds,
    )
    toolbox.clean_up()
    prompt = ToolPrompt(
        workspace.root,
        data_rule=DATA_RULE,
        facts=(lambda limit: repository_facts(workspace.root, limit, allowed=judge.shows, mark=judge.take_in_facts))
        if workspace.facts and config.tools.context
        else None,
    )
    desk = Desk(
        toolbox=toolbox,
        judge=judge,
        approvals=Approvals(publish),
        records=records,
        interactive=terminals if engine.interactive else None,
        can_ask=engine.interactive,
        publish=publish,
        clock=engine.clock,
    )
    specs = tuple(tool for tool in TOOLS if engine.interactive or tool.name != Tool.RUN_INTERACTIVE)
    runner = ToolRunner(desk, specs=specs, prompt=prompt)
    return terminals, Work(runner, offered=config.tools.enabled, publish=publish)


def _audit(engine: "Engine") -> Audit | None:
    if engine.state_dir is None:
        return None
    name = "demo-audit.jsonl" if engine.demo else "audit.jsonl"
    return Audit(engine.state_dir / name)


def _state(engine: "Engine") -> Path:
    """Return where undo data goes; without a state folder it lives as long as the machine's temporary files."""
    if engine.state_dir is not None:
        return engine.state_dir
    import tempfile

    return Path(tempfile.mkdtemp(prefix="llmmixer-"))
