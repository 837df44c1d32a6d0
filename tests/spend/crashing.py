"""Eight processes that hold and settle while one after the other is killed with SIGKILL and replaced.

``python -m tests.spend.crashing FOLDER SECONDS``: the ledger is FOLDER/spend.sqlite; each process appends what the
ledger acknowledged to FOLDER/PID.ack, a line each: ``hold ID AMOUNT``, ``settle ID COST``, ``refused PROJECT``. What is
printed is the number of kills.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.spend.support import budget, call, quote
from tui.config.model import BudgetScope
from tui.core.chat import Usage
from tui.spend.budget import Refusal, windows_for
from tui.spend.ledger import Ledger

PROCESSES = 8
LIMIT_PICO = 20_000
"""Of each project; when it is full a process goes on to the next project."""
LEAST = 100
LONGEST_S = 120.0


async def work(folder: Path) -> None:
    """Hold and settle for ever; every so often leave a hold to nobody, as a cut connection would."""
    chance = random.Random(os.urandom(8))
    acknowledged = os.open(folder / f"{os.getpid()}.ack", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    ledger = Ledger(folder / "spend.sqlite", busy_s=60)
    parent, project = os.getppid(), 0
    limit = budget(LIMIT_PICO, name="crash", scope=BudgetScope.PROJECT)
    while os.getppid() == parent:
        name = f"p{project}"
        request = call(project=name, input_tokens=100, max_tokens=1_500, quote=quote(1, 1))
        here = windows_for([limit], session="s", project=name, provider="x", wall=time.time(), tz=None)
        hold = await ledger.hold(request, here, least=LEAST)
        if isinstance(hold, Refusal):
            os.write(acknowledged, f"refused {name}\n".encode())
            project += 1
            continue
        os.write(acknowledged, f"hold {hold.id} {hold.amount_pico}\n".encode())
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.02)
        cost = chance.randint(0, hold.amount_pico or 0)
        receipt = await ledger.settle(hold, Usage(output_tokens=cost), cost, message_id=hold.id)
        os.write(acknowledged, f"settle {hold.id} {cost}\n".encode())
        if receipt.standings[0].left_pico < LEAST + 100:
            project += 1


def start(folder: Path) -> int:
    """Start one process and return its number."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(work(folder))
        finally:
            os._exit(0)
    return child


def kill(child: int) -> None:
    """End a process without any warning and bury it."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def eventful(folder: Path) -> bool:
    """Tell whether limits have been reached and money was settled, which takes longer on a busy machine."""
    lines = [line for path in folder.glob("*.ack") for line in path.read_text(encoding="ascii").splitlines()]
    return any(line.startswith("refused") for line in lines) and len(lines) > 10 * PROCESSES


def main(folder: Path, seconds: float) -> None:
    """Kill and replace processes until the time is over, then kill all."""
    chance = random.Random(7)
    children = [start(folder) for _ in range(PROCESSES)]
    kills, begin = 0, time.monotonic()
    while (spent := time.monotonic() - begin) < seconds or (spent < LONGEST_S and not eventful(folder)):
        time.sleep(chance.uniform(0.01, 0.12))
        index = chance.randrange(PROCESSES)
        kill(children[index])
        kills += 1
        children[index] = start(folder)
    for child in children:
        kill(child)
    sys.stdout.write(f"{kills}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
