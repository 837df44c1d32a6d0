"""`llmmixer doctor`: looks at everything a session needs, and says what to do about what is missing."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tui.doctor.counts import Counts, count, count_checks, counts_json
from tui.doctor.local import key_checks, load_or_default, program_checks, state_check
from tui.doctor.models import model_checks
from tui.doctor.report import Check, as_json, as_text, cleaned, exit_code
from tui.doctor.terminal import Terminal, look, terminal_checks, width_of_symbols
from tui.doctor.trust import trust_checks
from tui.ui.glyphs import choose_glyphs

__all__ = ["collect", "run_doctor"]


def run_doctor(environ: Mapping[str, str], cwd: Path, *, as_json: bool, offline: bool) -> int:
    """Print every check on standard output and return the exit code: 1 when one failed, else 0."""
    terminal = look()
    checks, counts, glyphs_ascii = collect(environ, cwd, terminal, offline=offline)
    text = _json(checks, counts) if as_json else _text(checks, terminal, environ, ascii_only=glyphs_ascii)
    sys.stdout.write(text + "\n")
    return exit_code(checks)


def collect(
    environ: Mapping[str, str], cwd: Path, terminal: Terminal, *, offline: bool
) -> tuple[list[Check], Counts | None, bool]:  # fmt: skip
    """Return every check, what was counted, and whether this terminal is better off with ASCII."""
    loaded, config_checks = load_or_default(environ, cwd)
    config = loaded.config
    used = frozenset(pane.provider for pane in config.panes)
    counts = count(config, environ, cwd)
    checks = [
        *program_checks(),
        *config_checks,
        state_check(environ),
        *key_checks(config, environ, used),
        *trust_checks(loaded, environ, cwd),
        *model_checks(config, environ, offline=offline),
        *count_checks(counts, environ, config),
        *terminal_checks(terminal, environ),
    ]
    ascii_only = not terminal.encoding.replace("-", "").startswith("utf8")
    if terminal.is_tty:
        ascii_only |= choose_glyphs(config.ui.glyphs, environ, width_of_symbols(terminal)).ascii
    return [cleaned(check) for check in checks], counts, ascii_only


def _json(checks: list[Check], counts: Counts | None) -> str:
    return as_json(checks, counts_json(counts))


def _text(checks: list[Check], terminal: Terminal, environ: Mapping[str, str], *, ascii_only: bool) -> str:
    colour = terminal.is_tty and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"
    width = terminal.size[0] if terminal.size else None
    return as_text(checks, colour=colour, ascii_only=ascii_only, width=width)
