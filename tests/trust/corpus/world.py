"""The world the corpus is judged in: a project with traps, its neighbours, and a home with secrets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECRET: Final = "value-nobody-may-see"
"""What every file holds that is not to be read unasked."""
_FILES: Final[Mapping[str, str]] = {
    "home/.ssh/id_rsa": f"{SECRET}\n",
    "home/.ssh/authorized_keys": f"{SECRET}\n",
    "home/.aws/credentials": f"{SECRET}\n",
    "home/.netrc": f"{SECRET}\n",
    "home/.kube/config": f"{SECRET}\n",
    "home/.gnupg/secring.gpg": f"{SECRET}\n",
    "home/.docker/config.json": "{}\n",
    "home/.config/gcloud/x.json": "{}\n",
    "home/.bashrc": "# shell\n",
    "home/.sshx": "not a key\n",
    "home/notes.txt": "notes\n",
    "home/private/x": f"{SECRET}\n",
    "home/privateer": "public\n",
    "home/own/config/config.toml": "",
    "home/own/state/audit.jsonl": "",
    "home/own/state/trusted.json": "{}\n",
    "outside/file.txt": "outside\n",
    "outside/test_x.py": "",
    "project-private/secret.txt": f"{SECRET}\n",
    "project/.env": f"KEY={SECRET}\n",
    "project/.env.local": f"KEY={SECRET}\n",
    "project/.env.production": f"KEY={SECRET}\n",
    "project/.envrc": f"export KEY={SECRET}\n",
    "project/.envoy.yaml": "a: b\n",
    "project/.gitignore": ".env\n",
    "project/.editorconfig": "root = true\n",
    "project/.gitlab/x.md": "x\n",
    "project/.github/workflows/ci.yml": "on: push\n",
    "project/.git/HEAD": "ref: refs/heads/main\n",
    "project/.git/config": "[core]\n\tfsmonitor = ./bin/ls\n\tpager = ./bin/ls\n",
    "project/.git/hooks/post-index-change": "#!/bin/sh\ntouch ran\n",
    "project/.git/info/attributes": "* diff=evil\n",
    "project/.git/worktrees/wt/HEAD": "ref: refs/heads/wt\n",
    "project/.git/worktrees/wt/commondir": "../..\n",
    "project/.llmmixer/config.toml": "",
    "project/config/.env": f"KEY={SECRET}\n",
    "project/deploy/prod.env": f"KEY={SECRET}\n",
    "project/README.md": "# Sample\nTODO\n",
    "project/pyproject.toml": "[project]\n",
    "project/package.json": "{}\n",
    "project/package-lock.json": "{}\n",
    "project/src/app.py": "def add(a, b):\n    return a + b\n",
    "project/src/util.py": "import os\n",
    "project/src/env.py": "import os\n",
    "project/src/dotenv.py": "import os\n",
    "project/src/data.txt": "2\n1\n1\n",
    "project/src/with space.py": "x = 1\n",
    "project/src/.environment": "x\n",
    "project/tests/test_app.py": "def test_add():\n    pass\n",
    "project/docs/guide.md": "# Guide\n",
    "project/docs/café.md": "# Guide\n",
    "project/docs/.environment": "x\n",
    "project/docs/internal/x.md": "internal\n",
    "project/environment.md": "x\n",
    "project/internal/x.md": "x\n",
    "project/secrets/a.txt": f"{SECRET}\n",
    "project/src/secrets/a.txt": f"{SECRET}\n",
    "project/keys/server.pem": f"{SECRET}\n",
    "project/keys/readme.txt": "x\n",
    "project/server.pem": f"{SECRET}\n",
    "project/server.pem.txt": "x\n",
    "project/build/out.txt": "x\n",
    "project/builder.py": "x = 1\n",
    "project/rebuild/x.txt": "x\n",
    "project/conf/a.key": f"{SECRET}\n",
    "project/conf/a.txt": "x\n",
    "project/setup.sh": "true\n",
    "project/evil.ini": "[pytest]\naddopts = -pevil\n",
    "worktree/.git": "gitdir: ../project/.git/worktrees/wt\n",
    "worktree/README.md": "# Sample\n",
    "separate/.git": "gitdir: ../store/data\n",
    "separate/README.md": "# Sample\n",
    "store/data/HEAD": "ref: refs/heads/main\n",
    "store/data/config": "[core]\n",
    "store/data/hooks/x": "",
    "links/.env": f"KEY={SECRET}\n",
    "unignored/.env": f"KEY={SECRET}\n",
    "unignored/.ignore": "node_modules\n!.e*\n",
    "unignored/src/app.py": "x = 1\n",
    "unignored/below/.rgignore": "!.env\n",
    "unignored/below/.env": f"KEY={SECRET}\n",
    "unignored/below/deeper/.env": f"KEY={SECRET}\n",
    "ignored/.env": f"KEY={SECRET}\n",
    "ignored/.gitignore": ".env\n.env.*\n!.env.example\n!src\n# !.env\n",
    "ignored/.env.example": "KEY=\n",
    "ignored/src/app.py": "x = 1\n",
    "wild/--pre=evil": "x\n",
    "wild/--output=x": "x\n",
    "wild/-delete": "x\n",
    "wild/a.txt": "x\n",
    "dangling/a.txt": "x\n",
    "wild/b.txt": "x\n",
    "links/deep/up/.env": f"KEY={SECRET}\n",
    "links/README.md": "# Sample\n",
}
_LINKS: Final[Mapping[str, str]] = {
    "project/link_out": "../outside",
    "project/link_file_out": "../outside/file.txt",
    "project/link_env": ".env",
    "project/link_env2": "link_env",
    "project/link_ssh": "{home}/.ssh",
    "project/link_dir": "config",
    "project/link_in": "src/app.py",
    "project/link_etc": "/etc",
    "project/loop": "loop",
    "dangling/dangling_out": "../outside/none.txt",
    "dangling/dangling_dir": "../outside/none",
    "dangling/dangling_env": ".env",
    "dangling/dangling_key": "{home}/.ssh/new_key",
    "links/soft_env": ".env",
    "links/soft_chain": "soft_env",
    "links/soft_out": "../outside/file.txt",
    "links/soft_dir_out": "../outside",
}
_HARD: Final[Mapping[str, str]] = {
    "links/hard_env": "links/.env",
    "links/hard_key": "home/.ssh/id_rsa",
}
_PROGRAMS: Final = (
    "[ apt-get awk base64 bash cargo cat chmod cp curl cut dd diff docker echo env file find git go grep head less "
    "ln ls make mkdir mv nc node npm npx od perl pip pwd pytest python python3 rg rm rsync ruff scp sed sh sort ssh "
    "stat sudo tail tar tee timeout touch tree true uniq vim wc wget which xargs xxd"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where things are; `path` is the PATH its programs are found on."""

    top: Path
    path: str

    @property
    def home(self) -> Path:
        """The person's home folder."""
        return self.top / "home"

    @property
    def own(self) -> tuple[Path, ...]:
        """The program's own folders."""
        return (self.home / "own" / "config", self.home / "own" / "state")

    def places(self, root: str) -> dict[str, str]:
        """Return what the names in cases stand for, for a project at `root`."""
        return {"root": str(self.top / root), "home": str(self.home), "world": str(self.top)}


def build_world(top: Path) -> World:
    """Make every file, link and program under the empty folder `top`."""
    top = top.resolve()
    for name, text in _FILES.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, target in _LINKS.items():
        (top / name).symlink_to(target.format(home=top / "home"))
    for name, source in _HARD.items():
        os.link(top / source, top / name)
    (top / "project" / "big.txt").write_text("line\n" * 250_000)
    os.mkfifo(top / "project" / "fifo")
    programs = top / "programs"
    programs.mkdir()
    for name in _PROGRAMS.split():
        _program(programs / name)
    (top / "project" / "bin").mkdir()
    _program(top / "project" / "bin" / "ls")
    _program(top / "project" / "ls")
    return World(top=top, path=str(programs))


def _program(path: Path) -> None:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
