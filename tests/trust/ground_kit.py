"""A project to judge calls in: files, links, a worktree, a home; and short ways to ask."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.config.model_work import TrustConfig
from tui.core.trust import TrustMode, Verdict
from tui.trust.calls import Call, DiskView
from tui.trust.policy import decide
from tui.trust.settings import TrustSettings, compile_settings
from tui.trust.words import Places

PLACES = Places(home="/home/ada", cwd="/home/ada/work", home_of=lambda user: {"bob": "/home/bob"}.get(user, ""))
AUTO = TrustConfig(auto_approve=True)
_FILES = (
    "README.md", "package.json", "src/a.py", "src/b.py", "tests/test_a.py", ".env", ".env.local", ".git/config",
    ".github/workflows/ci.yml", ".llmmixer/config.toml", "sub/deep/.env", "docs/guide.md",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project on disk with its home beside it."""

    root: Path
    home: Path
    settings: TrustSettings
    view: DiskView

    def ask(self, tool: str, args: Mapping[str, Any], settings: TrustSettings | None = None) -> Verdict:
        return decide(Call(tool=tool, args=args, cwd=self.root), settings or self.settings, self.view)

    def run(self, command: str, settings: TrustSettings | None = None, **more: Any) -> Verdict:
        return self.ask("run_command", {"command": command, **more}, settings)

    def compiled(self, user: TrustConfig = AUTO, *, mode: TrustMode | None = None) -> TrustSettings:
        return compile_settings(
            user, home=self.home, root=self.root, own_paths=(self.home / ".config" / "llmmixer",), mode=mode
        )


def build_project(folder: Path, user: TrustConfig = AUTO) -> Project:
    root, home = folder / "work" / "proj", folder / "home"
    for name in _FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_rsa").write_text("key\n")
    (folder / "work" / "proj-private").mkdir()
    (folder / "work" / "proj-private" / "x").write_text("x\n")
    os.link(root / ".env", root / "docs" / "same.txt")
    os.link(home / ".ssh" / "id_rsa", root / "docs" / "key.txt")
    os.link(root / "src" / "a.py", root / "docs" / "harmless.py")
    (root / "docs" / "link.txt").symlink_to(root / ".env")
    (root / "docs" / "etc").symlink_to("/etc")
    (root / "docs" / "loop").symlink_to("loop")
    (root / "docs" / "inside.md").symlink_to(root / "README.md")
    settings = compile_settings(user, home=home, root=root, own_paths=(home / ".config" / "llmmixer",))
    return Project(root=root, home=home, settings=settings, view=DiskView({"PATH": "/usr/bin:/bin"}))
