"""Screens with the evidence beside them: who really asks and what is right, and what only looks alike."""

from dataclasses import dataclass

from tui.terminal.evidence import Evidence
from tui.terminal.prompts import HIDDEN
from tui.terminal.responder import Screen
from tui.terminal.widths import WIDTHS

LINE = Evidence(asks=True, echo=True, canonical=True, program="python", silent_s=1.0)
SECRET = Evidence(asks=True, echo=False, canonical=True, program="python", silent_s=1.0)
KEYS = Evidence(asks=True, echo=False, canonical=False, program="node", silent_s=60.0)
ONE_KEY = Evidence(asks=True, echo=True, canonical=False, program="bash", silent_s=1.0)
BUSY = Evidence(asks=False, echo=True, canonical=True, program="sleep", silent_s=60.0)
BUSY_SECRET = Evidence(asks=False, echo=False, canonical=True, program="sleep", silent_s=60.0)
UNSEEN = Evidence(asks=None, echo=True, canonical=True, program="apt", silent_s=2.5)
UNSEEN_SECRET = Evidence(asks=None, echo=False, canonical=True, program="sudo", silent_s=2.5)
BLIND = Evidence(asks=None, echo=True, canonical=True, silent_s=60.0, watched=False)


def by(program: str, evidence: Evidence = LINE) -> Evidence:
    """The same evidence of another program."""
    return Evidence(
        asks=evidence.asks,
        echo=evidence.echo,
        canonical=evidence.canonical,
        program=program,
        silent_s=evidence.silent_s,
    )


def width(text: str) -> int:
    """The cells of a text."""
    return sum(min(WIDTHS[character], 2) if character != HIDDEN else 1 for character in text)


def screen(
    *rows: str, column: int | None = None, columns: int = 80, wrapped: int = 0, alternate: bool = False
) -> Screen:
    """A screen whose cursor is after the last row's text; its last `wrapped` rows before that go on in the next."""
    stripped = tuple(row.rstrip(" ") for row in rows)
    going_on = [len(rows) - 1 - wrapped <= number < len(rows) - 1 for number in range(len(rows))]
    return Screen(
        rows=stripped,
        cells=tuple(width(row) for row in stripped),
        wrapped=tuple(going_on),
        column=width(rows[-1]) if column is None else column,
        columns=columns,
        row=len(rows) - 1,
        alternate=alternate,
    )


@dataclass(frozen=True)
class Ask:
    """A program that asks, and what it is to get: keys, `abort: why`, or `person`."""

    name: str
    screen: Screen
    right: str
    evidence: Evidence = LINE


@dataclass(frozen=True)
class Lookalike:
    """What looks like a question; nothing may be typed."""

    name: str
    screen: Screen
    evidence: Evidence = LINE


PIP = ("Found existing installation: wcwidth 0.2", "Uninstalling wcwidth-0.2:", "  Would remove:", "    /x/wcwidth/*")
APT = ("0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.", "Need to get 100 kB of archives.")
SSH = (
    "The authenticity of host 'example.org (192.0.2.7)' can't be established.",
    "ED25519 key fingerprint is SHA256:abcdefghijklmnopqrstuvwxyz.",
    "This key is not known by any other names.",
)

ASKS = (
    Ask("pip uninstall", screen(*PIP, "Proceed (Y/n)? "), "Enter"),
    Ask("apt install", screen(*APT, "Do you want to continue? [Y/n] "), "Enter", by("apt")),
    Ask("apt as somebody else", screen(*APT, "Do you want to continue? [Y/n] "), "Enter", UNSEEN),
    Ask("no space after it", screen("Continue? [Y/n]"), "Enter"),
    Ask("two blanks after it", screen("Continue? [Y/n]  "), "Enter"),
    Ask("a colon after it", screen("Is this ok [Y/n]: "), "Enter"),
    Ask("bars", screen("Continue? [Y|n] "), "Enter"),
    Ask("words", screen("Continue? (Yes/no) "), "Enter"),
    Ask("more letters", screen("Accessible? [Y/n/?] "), "Enter"),
    Ask("conda", screen("Proceed ([y]/n)? "), "Enter"),
    Ask("default named", screen("Continue? (y/n) [y]: "), "Enter"),
    Ask("no by default", screen("Overwrite? [y/N] "), "Enter"),
    Ask("no by default, round", screen("Delete everything (y/N)? "), "Enter"),
    Ask("no by default, named", screen("Drop the table? (yes/no) [no] "), "Enter"),
    Ask("no by default, unseen", screen("Continue? [y/N] "), "Enter", UNSEEN),
    Ask("rm -i", screen("rm: remove regular file 'z'? "), "n", by("rm")),
    Ask("rm in a folder", screen("rm: descend into directory 'd'? "), "n", by("rm")),
    Ask("cp -i", screen("cp: overwrite 'b'? "), "n", by("cp")),
    Ask("mv -i with its path", screen("/bin/mv: overwrite 'b'? "), "n", by("mv")),
    Ask("git add -p", screen("+2", "(1/1) Stage this hunk [y,n,q,a,d,e,?]? "), "q", by("git")),
    Ask("git checkout -p", screen("(1/2) Discard this hunk from worktree [y,n,q,a,d,j,J,g,/,e,?]? "), "q", by("git")),
    Ask("letters without q", screen("What now [a,b,c]? "), "person"),
    Ask("press Enter", screen("Press ENTER to continue"), "Enter"),
    Ask("press Enter, brackets", screen("Press [Enter] to continue..."), "Enter"),
    Ask("press any key", screen("Press any key to continue . . ."), "Enter", ONE_KEY),
    Ask("press any key, unseen", screen("Hit any key"), "Enter", by("bash", KEYS)),
    Ask("less", screen(*["text"] * 20, "(END)"), "q", by("less", KEYS)),
    Ask("less on its screen", screen(*["text"] * 20, ":", alternate=True), "q", by("less", KEYS)),
    Ask("less with a name", screen("text", "services", alternate=True), "q", by("less", KEYS)),
    Ask("more", screen("text", "--More--(23%)"), "q", by("more", KEYS)),
    Ask("npm init, lines", screen("package name: (thing) "), "Enter", by("npm init")),
    Ask("npm init, its end", screen("Is this OK? (yes) "), "Enter", by("npm init")),
    Ask("npm init, keys", screen("package name: (thing) "), "person", by("npm init", KEYS)),
    Ask("getpass", screen("Password: "), "abort: password prompt", SECRET),
    Ask("without a word", screen(""), "abort: password prompt", SECRET),
    Ask("passphrase", screen("Enter passphrase for key '/x': "), "abort: password prompt", SECRET),
    Ask("openssl", screen("Enter PEM pass phrase:"), "abort: password prompt", SECRET),
    Ask("sudo", screen("[sudo] password for you: "), "abort: password prompt", UNSEEN_SECRET),
    Ask("sudo with stars", screen("[sudo] password for you: "), "abort: password prompt", by("sudo", KEYS)),
    Ask("a password with echo", screen("Password: "), "abort: password prompt"),
    Ask("a second factor", screen("Verification code: "), "abort: password prompt"),
    Ask("a PIN", screen("Enter PIN for 'card': "), "abort: password prompt"),
    Ask("a token", screen("Paste your API token: "), "abort: password prompt"),
    Ask("German password", screen("Passwort: "), "abort: password prompt", SECRET),
    Ask("French password", screen("Mot de passe : "), "abort: password prompt", SECRET),
    Ask("Korean password", screen("비밀번호: "), "abort: password prompt", SECRET),
    Ask("Japanese password", screen("パスワード: "), "abort: password prompt", SECRET),
    Ask("a secret with a choice", screen("Continue? [Y/n] "), "abort: password prompt", SECRET),
    Ask(
        "ssh host key",
        screen(*SSH, "Are you sure you want to continue connecting (yes/no/[fingerprint])? "),
        "abort: host key question",
        by("ssh"),
    ),
    Ask(
        "ssh host key, old",
        screen(*SSH, "Are you sure you want to continue connecting (yes/no)? "),
        "abort: host key question",
        by("ssh"),
    ),
    Ask("yes or no", screen("Continue (yes/no)? "), "person"),
    Ask("y or n", screen("Overwrite (y or n)? "), "person"),
    Ask("both capital", screen("Continue? [Y/N] "), "person"),
    Ask("both small", screen("Continue? [y/n] "), "person"),
    Ask("no capitals there", screen("계속할까요? [예/아니오] "), "person"),
    Ask("destructive by default", screen("Remove 3 files? [Y/n] "), "person"),
    Ask("destructive overwrite", screen("Overwrite it? (Y/n) "), "person"),
    Ask("destructive uninstall", screen("Uninstall all of them? [Y/n] "), "person"),
    Ask("destructive, German", screen("Alle Dateien löschen? [J/n] "), "person"),
    Ask("destructive drop", screen("Drop database? [Y/n] "), "person"),
    Ask("destructive Enter", screen("Press Enter to delete everything"), "person"),
    Ask("destructive before Enter", screen("This will erase the disk. Press ENTER to continue"), "person"),
    Ask("trust", screen("Do you trust the files in this folder? [Y/n] "), "person"),
    Ask("trust above", screen("Do you trust the authors of this?", "Continue? [Y/n] "), "person"),
    Ask("a key above", screen("Importing GPG key 0xABC:", " Userid: x", "Is this ok [Y/n]: "), "person"),
    Ask("a licence", screen("Do you accept the license? [Y/n] "), "person"),
    Ask("allow", screen("Allow it to run? [Y/n] "), "person"),
    Ask("login", screen("login: "), "person"),
    Ask("git user name", screen("Username for 'https://example.org': "), "person"),
    Ask(
        "destructive above it",
        screen("The following packages will be REMOVED:", "Continue? [Y/n] "),
        "person",
        by("apt"),
    ),
    Ask("destructive for all one knows: a value", screen("Target: (here) "), "person"),
    Ask("Enter of a program that takes keys", screen("Press Enter to continue"), "person", KEYS),
    Ask("Enter or cancel", screen("Press [ENTER] to continue or Ctrl-c to cancel."), "person"),
    Ask("a name", screen("Name: "), "person"),
    Ask("no words at all", screen(""), "person"),
    Ask("a menu on its screen", screen("> one", "  two", alternate=True), "person", KEYS),
    Ask("a menu", screen("? Pick one: "), "person", KEYS),
    Ask("German", screen("Fortfahren? [J/n] "), "Enter"),
    Ask("French", screen("Voulez-vous continuer ? [O/n] "), "Enter"),
    Ask("Spanish", screen("¿Desea continuar? [S/n] "), "Enter"),
    Ask("Italian, no", screen("Continuare? (s/N) "), "Enter"),
    Ask("Russian", screen("Хотите продолжить? [Д/н] "), "Enter"),
    Ask("Korean", screen("계속하시겠습니까? [Y/n] "), "Enter"),
    Ask("wide characters before it", screen("日本語の質問です。続けますか? [Y/n] "), "Enter"),
    Ask(
        "over two rows",
        screen("Do you really want to go on with all of t", "his? [Y/n] ", columns=41, wrapped=1),
        "Enter",
    ),
    Ask(
        "cut in the choice", screen("Do you really want to go on like this? [", "Y/n] ", columns=40, wrapped=1), "Enter"
    ),
    Ask("its blank in the next row", screen("x" * 34 + " [Y/n]", "", column=1, columns=40, wrapped=1), "Enter"),
    Ask("up to the edge", screen("x" * 34 + " [Y/n]", column=39, columns=40), "Enter"),
    Ask("a spinner before it", screen("⠋ Continue? [Y/n] "), "Enter"),
)

LOOKALIKES = (
    Lookalike("a log line, then more", screen("asked [y/n]", "working on it"), BUSY),
    Lookalike("more output after it", screen("Continue? [Y/n] ", "downloading 3 of 7")),
    Lookalike("in the middle of the row", screen("Continue? [Y/n] is what it would ask")),
    Lookalike("in the middle, then a question", screen("answer [Y/n] with care, now your name: ")),
    Lookalike("a prompt, then sleep", screen("Overwrite? [y/N] "), BUSY),
    Lookalike("a prompt, then a busy loop", screen("Do you want to continue? [Y/n] "), by("bash", BUSY)),
    Lookalike("a prompt, then a pipe", screen("Continue? [y/N] "), BUSY),
    Lookalike("rm, then sleep", screen("rm: remove regular file 'z'? "), by("rm", BUSY)),
    Lookalike("password, then sleep", screen("Password: "), BUSY),
    Lookalike("password without echo, then sleep", screen("Password: "), BUSY_SECRET),
    Lookalike("press Enter, then sleep", screen("Press ENTER to continue"), BUSY),
    Lookalike("(END) of no pager", screen("(END)"), by("python", KEYS)),
    Lookalike("--More-- of no pager", screen("--More--"), by("python", KEYS)),
    Lookalike("a colon of no pager", screen(":"), by("ed")),
    Lookalike("less at work", screen("(END)"), by("less", BUSY)),
    Lookalike("the end of a file", screen("text of the file", "Continue? [Y/n] "), by("cat", BUSY)),
    Lookalike("on the alternate screen", screen("Continue? [Y/n] ", alternate=True)),
    Lookalike("on the alternate screen, keys", screen("Continue? [Y/n] ", alternate=True), KEYS),
    Lookalike("keys", screen("Continue? [Y/n] "), KEYS),
    Lookalike("rm, but keys", screen("rm: remove 'z'? "), by("rm", KEYS)),
    Lookalike("any key on the alternate screen", screen("Press any key to continue", alternate=True), KEYS),
    Lookalike("hidden", screen("Continue?" + HIDDEN * 6)),
    Lookalike("hidden in part", screen("Continue? [Y/n" + HIDDEN + "] ")),
    Lookalike("hidden before it", screen(HIDDEN * 20 + " Continue? [Y/n] ")),
    Lookalike("ten thousand of them", screen(*["[Y/n]"] * 12, ""), BUSY),
    Lookalike("ten thousand of them, at a pause", screen(*["[Y/n]"] * 12, "")),
    Lookalike("cursor at the beginning", screen("Continue? [Y/n] ", column=0)),
    Lookalike("cursor in the middle", screen("Continue? [Y/n] ", column=8)),
    Lookalike("cursor far behind", screen("Continue? [Y/n] ", column=40)),
    Lookalike("cursor in the next row", screen("Continue? [Y/n] ", "")),
    Lookalike("no default", screen("Continue? [y/n] ")),
    Lookalike("letters of another kind", screen("Pick [A/b] ")),
    Lookalike("all or none", screen("Update all or none? [A/n] ")),
    Lookalike("an index", screen("matrix[Y/n] = ")),
    Lookalike("a regular expression", screen("grep 's/[Y/n]/x/' ")),
    Lookalike("a path", screen("/data/[Y/n]/file ")),
    Lookalike("the words of the seed: approve", screen("waiting for you to approve the pull request: ")),
    Lookalike("the words of the seed: confirm", screen("type the name of the repository to confirm: ")),
    Lookalike("the words of the seed: allow", screen("What do you want to allow? ")),
    Lookalike("the words of the seed, printed", screen("Please confirm your address in the mail we sent."), BUSY),
    Lookalike("a shell's prompt", screen("you@host:~$ "), by("bash", KEYS)),
    Lookalike("a REPL", screen(">>> "), by("python", KEYS)),
    Lookalike("a REPL without readline", screen(">>> ")),
    Lookalike("rm of another program", screen("rm: what is the name of your cat? "), by("python")),
    Lookalike(
        "just printed, unseen", screen("Continue? [Y/n] "), by("apt", Evidence(echo=True, canonical=True, silent_s=1.0))
    ),
    Lookalike("on pipes", screen("Continue? [Y/n] "), Evidence(silent_s=60.0)),
    Lookalike("delete by default", screen("Delete it? [Y/n] ")),
    Lookalike("host key", screen(*SSH, "continue connecting (yes/no/[fingerprint])? "), by("ssh")),
    Lookalike("a default to destroy", screen("remove: (everything) ")),
    Lookalike("terraform", screen("  Only 'yes' will be accepted to approve.", "  Enter a value: ")),
    Lookalike("crontab", screen("crontab: really do it? (y/n) ")),
    Lookalike("a question in a diff", screen("+    input('Proceed? [Y/n] ')")),
    Lookalike("quoted", screen("print('Continue? [Y/n]')")),
    Lookalike("a spinner that works", screen("⠋ Resolving [Y/n] packages"), BUSY),
    Lookalike("cannot be seen here, busy or not", screen("Overwrite? [y/N] "), BLIND),
    Lookalike("cannot be seen here: yes", screen("Continue? [Y/n] "), BLIND),
    Lookalike("cannot be seen here: Enter", screen("Press ENTER to continue"), BLIND),
    Lookalike("ssh without a terminal, remote busy", screen("Continue? [Y/n] "), by("ssh")),
    Lookalike("kubectl exec -i, remote busy", screen("Overwrite? [y/N] "), by("kubectl")),
    Lookalike("docker exec -i", screen("Press ENTER to continue"), by("docker")),
    Lookalike("cat in front of a pipeline", screen("Continue? [Y/n] "), by("cat")),
    Lookalike("tee reads", screen("Continue? [Y/n] "), by("tee")),
    Lookalike("nc", screen("Continue? [Y/n] "), by("nc")),
    Lookalike("socat", screen("Continue? [Y/n] "), by("socat")),
    Lookalike("letters q of another", screen("Which quarter [p,q,r]? "), by("python")),
    Lookalike("letters with q value", screen("Priority (h,m,l,q) "), by("python")),
    Lookalike(
        "raw menu, Enter continues",
        screen("> Delete all", "  Keep", "Use the arrow keys, then press Enter to continue"),
        KEYS,
    ),
    Lookalike("raw Press Enter", screen("❯ Yes", "  No", "Press Enter to continue"), KEYS),
    Lookalike("erase above", screen("This will erase all data on /dev/sda.", "Press ENTER to continue"), by("sh")),
    Lookalike(
        "deleted above", screen("All files in /home will be deleted!", "", "Press any key to continue . . ."), ONE_KEY
    ),
    Lookalike("reformat", screen("Reformat the disk? [Y/n] ")),
    Lookalike("repartition", screen("Repartition /dev/sda? [Y/n] ")),
    Lookalike("push", screen("Push to origin/main? [Y/n] ")),
    Lookalike("merge", screen("Merge into production? [Y/n] ")),
    Lookalike("migrate", screen("Migrate the production database? [Y/n] ")),
    Lookalike("transfer", screen("Transfer 100 EUR now? [Y/n] ")),
    Lookalike("amount", screen("Amount to transfer: (1000) ")),
    Lookalike("charge", screen("Charge your card $5? [Y/n] ")),
    Lookalike("order", screen("Place the order? [Y/n] ")),
    Lookalike("buy", screen("Buy more credits? [Y/n] ")),
    Lookalike("disk value", screen("Disk to partition: (/dev/sda) ")),
    Lookalike("empty trash", screen("Empty the trash? [Y/n] ")),
    Lookalike("prune", screen("Prune 3 volumes? [Y/n] ")),
    Lookalike("flash", screen("Flash firmware to the board? [Y/n] ")),
    Lookalike("undone", screen("This cannot be undone. Continue? [Y/n] ")),
    Lookalike("lost", screen("Changes will be lost. Continue? [Y/n] ")),
    Lookalike("telemetry", screen("Enable telemetry? [Y/n] ")),
    Lookalike("usage statistics", screen("Share usage statistics? [Y/n] ")),
    Lookalike("newsletter", screen("Subscribe to the newsletter? [Y/n] ")),
    Lookalike("install a hook", screen("Run the downloaded script? [Y/n] ")),
    Lookalike("execute", screen("Execute it? [Y/n] ")),
    Lookalike("stash drop", screen("Unlink all files? [Y/n] ")),
    Lookalike("quoted in a log", screen('2026-01-01 INFO prompt="Continue? [Y/n]"')),
    Lookalike("log with time", screen("12:00:01 asked the user: Continue? [Y/n]"), BUSY),
    Lookalike("markdown", screen("| Continue | [Y/n]")),
    Lookalike("help text", screen("  --yes   answer [Y/n]")),
    Lookalike("synopsis", screen("usage: tool [yes/No]")),
    Lookalike("array in a REPL", screen(">>> x = data[Y/n]")),
    Lookalike("python prompt with choice", screen('>>> "[Y/n]')),
    Lookalike("shell prompt", screen("$ echo [Y/n]")),
    Lookalike("root shell prompt", screen("root@host:/# echo [Y/n]")),
    Lookalike("sql", screen("mysql> select [Y/n]")),
    Lookalike("pdb", screen("(Pdb) print [Y/n]")),
    Lookalike("heredoc", screen("> Continue? [Y/n]")),
    Lookalike("what a person half typed", screen('$ git commit -m "fix [Y/n]')),
    Lookalike("app banner", screen(" ! vim asks: Continue? [Y/n]   F4 type here")),
    Lookalike("app card", screen("│ claude wants to run rm -rf / │", "│ y allow   n deny │")),
    Lookalike("DEFAULT_TEXT prose", screen("Note: (optional) ")),
    Lookalike("python traceback", screen("KeyError: (1, 2)")),
    Lookalike("version", screen("gcc: (Debian 12)")),
    Lookalike("GIT: branch name default", screen("Delete which branch: (main) ")),
    Lookalike("email default", screen("Email: (me@x) ")),
    Lookalike("Enter to exit of a server", screen("Listening on :8080. Press Enter to stop.")),
    Lookalike("less as a relay", screen("Continue? [Y/n] "), by("less")),
    Lookalike("password hidden in choice", screen("Password [Y/n]: ")),
)
