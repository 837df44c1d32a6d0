"""The sandbox: what a command in it can see, change and reach, with the real bubblewrap where it works."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tui.config.model_work import Sandbox, TrustConfig
from tui.trust import sandbox
from tui.trust.forbidden import compile_forbidden
from tui.trust.placeholders import Placeholders, take_away_left
from tui.trust.sandbox import Available, Box, GitAccess, missing, probe

needs_bwrap = pytest.mark.skipif(not probe().program, reason=f"no sandbox here: {probe().reason}")


class Project:
    """A project with a home beside it, and a box around it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.home = top / "home"
        self.root = top / "project"
        for path in (self.home / ".ssh" / "id_rsa", self.home / "state" / "audit.jsonl"):
            path.parent.mkdir(parents=True)
            path.write_text("private\n")
        for name in (".env", "config/.env", "a/b/c/d/e/.env", ".git/config", ".git/hooks/x", ".git/HEAD", "open.txt"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("content\n")

    def box(self, *, network: bool = False, extra: tuple[str, ...] = ()) -> Box:
        forbidden = compile_forbidden(
            (*TrustConfig().forbidden_paths, *extra), root=str(self.root), home=str(self.home)
        )
        program = probe().program or "/usr/bin/bwrap"
        return Box(program, root=self.root, forbidden=forbidden, hidden=(self.home / "state",), network=network)

    def run(
        self, script: str, *, network: bool = False, git: GitAccess = GitAccess.READ, extra: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        boxed = self.box(network=network, extra=extra).wrap(("/bin/sh", "-c", script), cwd=self.root, git=git)
        try:
            return subprocess.run(
                boxed.argv, cwd=self.root, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}
            )
        finally:
            boxed.placeholders.release()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@needs_bwrap
def test_the_project_is_writable_and_the_rest_is_not(project: Project) -> None:
    done = project.run(f"cat open.txt; echo new > made.txt; echo x > {project.home}/x; echo x > /etc/x-from-test")
    assert "content" in done.stdout
    assert (project.root / "made.txt").read_text() == "new\n"
    assert not (project.home / "x").exists()
    assert not Path("/etc/x-from-test").exists()


@needs_bwrap
@pytest.mark.parametrize("name", [".env", "config/.env", "a/b/c/d/e/.env"])
def test_forbidden_files_are_hidden_at_any_depth(project: Project, name: str) -> None:
    done = project.run(f"cat {name}; echo lost > {name}; rm -f {name}; mv {name} x; echo end")
    assert "content" not in done.stdout
    assert "end" in done.stdout
    assert (project.root / name).read_text() == "content\n"
    assert not (project.root / "x").exists()


@needs_bwrap
def test_a_link_to_a_forbidden_file_is_no_way_around(project: Project) -> None:
    (project.root / "innocent").symlink_to(".env")
    (project.root / ".env").rename(project.root / "real")
    (project.root / ".env").symlink_to("real")
    assert "content" not in project.run("cat innocent .env real").stdout


@needs_bwrap
def test_a_name_that_is_not_there_yet_cannot_be_made(project: Project) -> None:
    (project.root / ".env").unlink()
    done = project.run("echo x > .env; mkdir -p .llmmixer && echo x > .llmmixer/config.toml; echo end")
    assert "end" in done.stdout
    assert not (project.root / ".env").exists()
    assert not (project.root / ".llmmixer").exists()


@needs_bwrap
def test_git_can_be_read_and_not_changed(project: Project) -> None:
    done = project.run("cat .git/config; echo evil > .git/config; echo evil > .git/hooks/new; rm -rf .git; echo end")
    assert "content" in done.stdout
    assert (project.root / ".git" / "config").read_text() == "content\n"
    assert not (project.root / ".git" / "hooks" / "new").exists()


@needs_bwrap
def test_a_git_command_of_a_person_changes_data_but_nothing_that_is_executed(project: Project) -> None:
    project.run("echo new > .git/HEAD; echo evil > .git/config; echo evil > .git/hooks/new", git=GitAccess.DATA)
    assert (project.root / ".git" / "HEAD").read_text() == "new\n"
    assert (project.root / ".git" / "config").read_text() == "content\n"
    assert not (project.root / ".git" / "hooks" / "new").exists()


@needs_bwrap
def test_settings_of_git_change_only_where_they_are_asked_for(project: Project) -> None:
    project.run("echo new > .git/config; echo evil > .git/hooks/new", git=GitAccess.SETTINGS)
    assert (project.root / ".git" / "config").read_text() == "new\n"
    assert not (project.root / ".git" / "hooks" / "new").exists()


@needs_bwrap
def test_a_git_folder_elsewhere_in_the_project_is_read_only_too(project: Project) -> None:
    (project.root / ".git").rename(project.root / "data")
    (project.root / ".git").write_text("gitdir: data\n")
    project.run("echo evil > data/config; echo evil > .git")
    assert (project.root / "data" / "config").read_text() == "content\n"
    assert (project.root / ".git").read_text() == "gitdir: data\n"


@needs_bwrap
def test_home_secrets_and_the_programs_own_state_are_hidden(project: Project) -> None:
    done = project.run(f"cat {project.home}/.ssh/id_rsa {project.home}/state/audit.jsonl; echo end")
    assert "private" not in done.stdout
    assert "end" in done.stdout


@needs_bwrap
def test_the_mounts_cannot_be_undone(project: Project) -> None:
    done = project.run("umount .env; umount -l .env; mount --bind config .; mount -o remount,rw /; cat .env; echo end")
    assert "content" not in done.stdout
    assert "end" in done.stdout


@needs_bwrap
def test_there_is_no_network_and_no_process_of_others(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        probe_script = f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached"
        done = project.run(f"bash -c '{probe_script}'; kill -0 {os.getpid()} && echo seen; echo end")
        assert "reached" not in done.stdout
        assert "seen" not in done.stdout
        assert "end" in done.stdout
        assert "reached" in project.run(f"bash -c '{probe_script}'", network=True).stdout


@needs_bwrap
def test_the_exit_code_comes_through(project: Project) -> None:
    assert project.run("exit 7").returncode == 7


def test_patterns_and_folders_are_found_and_found_again_after_a_change(project: Project) -> None:
    box = project.box(extra=("*.pem", "secrets/", "docs/internal"))
    for name in ("keys/a.pem", "x/secrets/b", "docs/internal/c"):
        path = project.root / name
        path.parent.mkdir(parents=True)
        path.write_text("x")

    def masked() -> str:
        boxed = box.wrap(("true",), cwd=project.root)
        boxed.placeholders.release()
        return " ".join(boxed.argv)

    first = masked()
    for name in ("keys/a.pem", "x/secrets", "docs/internal"):
        assert str(project.root / name) in first
    (project.root / "keys" / "later.pem").write_text("x")
    assert str(project.root / "keys" / "later.pem") in masked()


def test_placeholders_are_shared_and_taken_away_by_the_last(tmp_path: Path) -> None:
    wanted = [(str(tmp_path / "file"), False), (str(tmp_path / "folder"), True)]
    first, second = Placeholders(wanted), Placeholders(wanted)
    first.release()
    first.release()
    assert (tmp_path / "file").exists()
    assert (tmp_path / "folder").is_dir()
    second.release()
    assert list(tmp_path.iterdir()) == []
    assert not Placeholders.standing() & {path for path, _ in wanted}


def test_placeholders_with_content_stay(tmp_path: Path) -> None:
    made = Placeholders([(str(tmp_path / "file"), False), (str(tmp_path / "folder"), True)])
    (tmp_path / "file").write_text("somebody's")
    (tmp_path / "folder" / "x").write_text("somebody's")
    made.release()
    assert (tmp_path / "file").read_text() == "somebody's"
    assert (tmp_path / "folder" / "x").exists()


def test_placeholders_of_a_killed_process_are_taken_away(tmp_path: Path) -> None:
    wanted = [(str(tmp_path / "file"), False), (str(tmp_path / "folder"), True), (str(tmp_path / "filled"), False)]
    script = (
        f"from tui.trust.placeholders import Placeholders; Placeholders({wanted}); print('there', flush=True); input()"
    )
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "empty").touch()
    paths = [path for path, _ in wanted] + [str(own), str(tmp_path / "empty")]
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        take_away_left(paths)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "filled", "folder", "own"]
        (tmp_path / "filled").write_text("mine")
        process.kill()
    take_away_left(paths)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "filled", "own"]


def test_what_was_there_is_no_placeholder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Placeholders([(str(tmp_path / "file"), False)]).release()
    assert (tmp_path / "file").exists()


def test_placeholders_from_many_threads_leave_nothing(tmp_path: Path) -> None:
    def use() -> None:
        for _ in range(50):
            Placeholders([(str(tmp_path / "file"), False)]).release()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "program", "refused"),
    [
        (Sandbox.AUTO, "/usr/bin/bwrap", False),
        (Sandbox.AUTO, "", False),
        (Sandbox.OFF, "/usr/bin/bwrap", False),
        (Sandbox.REQUIRED, "/usr/bin/bwrap", False),
        (Sandbox.REQUIRED, "", True),
    ],
)
def test_no_command_runs_where_a_sandbox_is_required_and_missing(wanted: Sandbox, program: str, refused: bool) -> None:
    found = Available(program=program, reason="" if program else "it is not installed")
    assert bool(missing(wanted, found)) is refused


def test_the_trial_says_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho bwrap: No permissions to create new namespace >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sandbox, "_PROGRAMS", (str(broken),))
    assert "No permissions" in probe().reason
    monkeypatch.setattr(sandbox, "_PROGRAMS", (str(tmp_path / "none"),))
    assert "not installed" in probe().reason


def test_a_file_that_appears_within_a_tick_of_the_clock_is_seen(project: Project) -> None:
    """Folders are looked at anew while their time of change is so near that it may not tell of the next one."""
    box = project.box()
    folder = project.root / "config"
    (folder / ".env").unlink()
    before = folder.stat()
    assert f"{folder}/.env" not in box._inside()[1]
    (folder / ".env").write_text("content")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert f"{folder}/.env" in box._inside()[1]


def test_a_folder_that_is_at_rest_is_looked_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (project.root, *(path for path in project.root.rglob("*") if path.is_dir())):
        os.utime(path, ns=(10**9, 10**9))
    box = project.box()
    box._inside()
    looked: list[str] = []
    real = os.scandir

    def scandir(path: str) -> object:
        looked.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    box._inside()
    assert looked == []


def test_what_lies_in_a_hidden_folder_is_not_hidden_once_more() -> None:
    paths = ["/a/x", "/a-b", "/a", "/a/b/c", "/ab/c", "/ab/c", "/b/c/d", "/b/c-d", "/b/c"]
    assert sandbox._outermost(paths) == ["/a", "/a-b", "/ab/c", "/b/c", "/b/c-d"]
    assert sandbox._outermost(["/", "/a"]) == ["/"]
    assert sandbox._outermost([]) == []
    many = [f"/p/{number % 97}/{number}" for number in range(20_000)]
    assert sorted(sandbox._outermost(many)) == sorted(many)
