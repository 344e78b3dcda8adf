"""What became of every command, by the journals of the programs and plain SQL: nothing here knows how the house writes."""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.ha import machine
from tools.ha.cluster import Cluster

KIND, PRICE_MINOR = "RefundedWithoutReturn", 790_000
EVENTS = "SELECT case_id, seq, kind, data, at_us, recorded_us, role, actor, request_id, hash FROM events ORDER BY 1, 2"
ENTRIES = "SELECT case_id, count(*), sum(amount_minor) FROM entries WHERE case_id > 0 GROUP BY 1"
ANSWERS = "SELECT key, answer FROM answers WHERE key LIKE 'ha-%'"
DECIDED = f"SELECT case_id FROM events WHERE kind = '{KIND}'"  # noqa: S608 -- a word of ours


@dataclass
class Journal:
    """What the programs knew: when they were answered what, and what they were refused."""

    tried: set[int] = field(default_factory=set)
    acked: dict[int, tuple[float, str]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    refused: dict[int, str] = field(default_factory=dict)

    def read(self, path: Path) -> "Journal":
        """Add what stands in a file; a last line that was cut off is none."""
        for line in path.read_text().split("\n")[:-1] if path.exists() else ():
            mark, number, at, what = line.split(" ", 3)
            return_id = int(number)
            if mark == "T":
                self.tried.add(return_id)
            elif mark == "A":
                self.acked.setdefault(return_id, (float(at), what))
            elif mark == "U":
                self.unknown[what] += 1
            else:
                self.refused[return_id] = what
        return self

    def ack_times(self) -> list[float]:
        return sorted(at for at, _ in self.acked.values())


@dataclass
class Verdict:
    """Ids of returns, by what is wrong with them."""

    acked: int
    lost: list[int]
    wrong: dict[str, list[int]]

    def is_clean(self) -> bool:
        return not self.lost and not any(self.wrong.values())


def judge(cluster: Cluster, leader: int, journal: Journal) -> Verdict:
    """`judged` on the leader, and on every server the same."""
    found, done = judged(lambda sql: cluster.ask(leader, sql), journal)
    for node in machine.NODES:
        if node != leader:
            found.wrong[f"differs on n{node}"] = _differing(cluster, node, done)
    return found


def judged(ask: Callable[[str], Iterable[Any]], journal: Journal) -> tuple[Verdict, set[int]]:
    """Acknowledged is there exactly once; unknown at most once; what nobody asked for not at all. And which are decided."""
    decided: Counter[int] = Counter()
    broken: list[int] = []
    head, of_case = b"", 0
    for case_id, seq, kind, data, *marks, kept in ask(EVENTS):
        if case_id != of_case:
            head, of_case = b"\0" * 32, case_id
        said = json.dumps([case_id, seq, *marks], separators=(",", ":"), ensure_ascii=False)
        head = hashlib.sha256(head + said.encode() + data.encode()).digest()
        if head != bytes(kept):
            broken.append(case_id)
        decided[case_id] += kind == KIND
    entries = {case_id: (count, int(total)) for case_id, count, total in ask(ENTRIES)}
    answers = {int(key[3:]): hashlib.sha256(answer).hexdigest() for key, answer in ask(ANSWERS)}
    done = {case_id for case_id, times in decided.items() if times}
    wrong = {
        "applied twice": [one for one, times in decided.items() if times > 1],
        "chain broken": sorted(set(broken)),
        "applied, never asked for": sorted(done - journal.tried),
        "ledger not as the events": [one for one in done | set(entries) if _entry(one, done) != entries.get(one)],
        "answer without its event, or the other way": sorted(done ^ set(answers)),
        "answered otherwise than remembered": [
            one for one, (_, said) in journal.acked.items() if one in answers and answers[one] != said
        ],
        "refused": sorted(journal.refused),
    }
    return Verdict(len(journal.acked), sorted(set(journal.acked) - done), wrong), done


def _entry(return_id: int, done: set[int]) -> tuple[int, int] | None:
    return (1, PRICE_MINOR) if return_id in done else None


def _differing(cluster: Cluster, node: int, done: set[int]) -> list[int]:
    return sorted({case_id for (case_id,) in cluster.ask(node, DECIDED)} ^ done)


def longest_gap(times: list[float], begin: float, end: float) -> float:
    """How long nobody was answered between two instants."""
    inside = [begin, *(at for at in times if begin < at < end), end]
    return max(after - before for before, after in itertools.pairwise(inside))
