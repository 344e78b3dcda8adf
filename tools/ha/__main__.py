"""`./bh ha`: four failovers under load, and the control that must lose what they keep. 0 green, 1 red, 3 NOT RUN."""

import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from bench.fixture import prepare
from tools.ha import machine
from tools.ha.checker import Verdict, judge
from tools.ha.cluster import DATABASE, Cluster, url
from tools.ha.rounds import CUT, KILL, KILL_BEHIND, PORT, Ground, Round, fail_over, house

OUTAGE_S_MAX = 35.0
STRICT = (KILL, CUT, KILL_BEHIND, CUT)
CONTROL = (KILL_BEHIND, CUT)
RETURNS = 4_000
GREEN, RED, NOT_RUN = 0, 1, 3


def main() -> int:
    console = Console(width=130)
    if len(sys.argv) < 2:
        return not_run(console, "Patroni is missing: start this by ./bh ha")
    try:
        machine.check()
        etcd, programs = machine.etcd(), machine.programs()
        machine.lay()
    except machine.NotHereError as missing:
        return not_run(console, str(missing))
    try:
        with tempfile.TemporaryDirectory(prefix="backhaul-ha-") as folder:
            try:
                return measure(console, Cluster(Path(folder), Path(sys.argv[1]), etcd, programs))
            except (RuntimeError, psycopg.Error) as failed:
                console.print(f"NO  {failed}", style="red", markup=False)
                return RED
            finally:
                machine.tear()
    finally:
        machine.tear()


def not_run(console: Console, sentence: str) -> int:
    """What cannot run is not green."""
    console.print(f"NOT RUN: {sentence}", style="yellow", markup=False)
    return NOT_RUN


def measure(console: Console, cluster: Cluster) -> int:
    begun = time.monotonic()
    cluster.start()
    cluster.ask(cluster.leader() or 1, f"CREATE DATABASE {DATABASE}", "postgres")
    console.print(f"three servers are up after {time.monotonic() - begun:.0f} s")
    prepared = prepare(url(), cluster.root / "house", RETURNS)
    console.print(f"{RETURNS} returns wait for their seller after {time.monotonic() - begun:.0f} s")
    ground = Ground(cluster, cluster.root, prepared.key, prepared.return_ids)
    with house(ground, PORT, []):
        strict = [round_of(console, ground, f"strict-{n}", fault) for n, fault in enumerate(STRICT)]
        kept = verdict(ground)
        chains = whole(cluster)
        tell(console, "synchronous_mode_strict: on", strict, kept, ground)
        cluster.become_asynchronous()
        control = [round_of(console, ground, f"control-{n}", fault) for n, fault in enumerate(CONTROL)]
    lost = verdict(ground)
    tell(console, "the control: synchronous_mode off", control, lost, ground)
    console.print(f"{time.monotonic() - begun:.0f} s in all, {platform.machine()}, Python {platform.python_version()}")
    return report(console, strict, kept, control, lost, chains=chains)


def round_of(console: Console, ground: Ground, name: str, fault: str) -> Round:
    one = fail_over(ground, name, fault, synchronous=name.startswith("strict"))
    console.print(f"{name}: n{one.before} {fault}, n{one.after} leads, nobody could write for {one.outage_s:.1f} s")
    return one


def verdict(ground: Ground) -> Verdict:
    leader = ground.cluster.leader() or 1
    ground.cluster.caught_up(leader)  # also one that comes back only now, and rewinds what nobody else has
    return judge(ground.cluster, leader, ground.journal())


def whole(cluster: Cluster) -> bool:
    """The product's own look: folds every case anew."""
    words = ["verify", "marketplace", "--data", str(cluster.root / "house"), "--database", url()]
    return subprocess.run([sys.executable, "-m", "backhaul.cli", *words], check=False).returncode == 0


def tell(console: Console, title: str, rounds: list[Round], found: Verdict, ground: Ground) -> None:
    table = Table(
        "the leader is",
        "from",
        "to",
        "new leader, s",
        "no write, s",
        "goal, s",
        "acks beside the lost leader",
        title=title,
    )
    for one in rounds:
        table.add_row(
            one.fault, f"n{one.before}", f"n{one.after}", f"{one.leader_after_s:.1f}", f"{one.outage_s:.1f}",
            f"{OUTAGE_S_MAX:.0f}", str(one.beside_acks) if one.fault == CUT else "",
        )  # fmt: skip
    console.print(table)
    told = ", ".join(f"{count} x {why}" for why, count in ground.journal().unknown.most_common(6))
    console.print(f"acknowledged {found.acked}, lost {len(found.lost)}; not answered and asked again: {told or 'none'}")
    for what, ids in found.wrong.items():
        if ids:
            console.print(f"{what}: {len(ids)}, for example {ids[:3]}", style="red")


def report(
    console: Console, strict: list[Round], kept: Verdict, control: list[Round], lost: Verdict, *, chains: bool
) -> int:
    checks = {
        "every acknowledged command is there exactly once, nothing else is": kept.is_clean(),
        "every case folds to its row, every chain is whole": chains,
        f"no outage is longer than {OUTAGE_S_MAX:.0f} s": all(one.outage_s <= OUTAGE_S_MAX for one in strict),
        "a leader that is cut off acknowledges nothing": not any(one.beside_acks for one in strict),
        "the control loses acknowledged commands, so losing is seen": bool(lost.lost),
    }
    for sentence, true in checks.items():
        console.print(f"{'yes' if true else 'NO '} {sentence}", style="" if true else "red")
    out = Path("var/ha.json")
    out.parent.mkdir(exist_ok=True)
    rounds = {name: [vars(one) for one in those] for name, those in (("strict", strict), ("control", control))}
    figures = {"acknowledged": kept.acked, "lost": len(kept.lost), "lost_by_control": len(lost.lost)}
    out.write_text(json.dumps({**rounds, **figures, "checks": checks}, indent=2) + "\n")
    return GREEN if all(checks.values()) else RED


if __name__ == "__main__":
    sys.exit(main())
