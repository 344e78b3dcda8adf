"""EVT-1, EVT-3, MNY-9: every change has its event, events and entries are only appended, and each case's chain of hashes holds."""

import hashlib
import json
from collections.abc import Mapping

from tests.simulation.checker.rows import Fault, Row, Rows

GENESIS = bytes(32)


class Chain:
    """What was seen of the events and entries of one house, and each case's last hash."""

    def __init__(self, rows: Rows, table: str) -> None:
        self.rows = rows
        self.table = table  # of the cases
        self.heads: dict[int, tuple[int, bytes]] = {}
        self.prints: dict[tuple[str, int], bytes] = {}

    def follow(self, events: list[Row], now_us: int) -> None:
        """New events go on where the last one ended, are recorded now, and name who did it."""
        for event in events:
            seq, head = self.heads.get(event["case_id"], (0, GENESIS))
            if event["seq"] != seq + 1:
                raise Fault("EVT-1", f"event {event['seq']} of case {event['case_id']} after {seq}")
            if not event["role"] or not event["actor"]:
                raise Fault("EVT-1", f"nobody did {event['kind']} of case {event['case_id']}")
            if event["recorded_us"] != now_us or event["at_us"] > now_us:
                raise Fault("EVT-1", f"{event['kind']} of case {event['case_id']} counts at {event['at_us']}, was recorded at "
                                     f"{event['recorded_us']}, and the clock of the house shows {now_us}")  # fmt: skip
            if hashed(head, event) != event["hash"]:
                raise Fault("EVT-3", f"the hash of event {event['seq']} of case {event['case_id']}")
            self.heads[event["case_id"]] = event["seq"], event["hash"]
        self._rows_follow({event["case_id"] for event in events})

    def _rows_follow(self, touched: set[int]) -> None:
        """Each row stands exactly where its last event left it. Also of cases that nothing happened to."""
        marks = {
            row["id"]: (row["version"], bytes(row["head"]))
            for row in self.rows.all_of(f"SELECT id, version, head FROM {self.table}")  # noqa: S608
        }
        if marks != self.heads:
            wrong = sorted(key for key in marks.keys() | self.heads if marks.get(key) != self.heads.get(key))
            raise Fault("EVT-1", f"cases {wrong} are not where their events are (new events: {sorted(touched)})")

    def keep(self, table: str, new: list[Row]) -> None:
        """Remember what these rows say."""
        for row in new:
            self.prints[table, row["place"]] = printed(row)

    def unchanged(self, tables: tuple[str, ...] = ("events", "entries")) -> None:
        """MNY-9: what was seen once still says the same, and is still there."""
        for table in tables:
            now = {row["place"]: printed(row) for row in self.rows.all_of(f"SELECT rowid AS place, * FROM {table}")}  # noqa: S608
            for (name, place), seen in self.prints.items():
                if name == table and now.get(place) != seen:
                    raise Fault("MNY-9", f"row {place} of {table} was changed or is gone")


def printed(row: Mapping[str, object]) -> bytes:
    return hashlib.sha256(repr(sorted(row.items())).encode()).digest()


def hashed(head: bytes, event: Row) -> bytes:
    """SHA-256 over the last hash, the frame of the event and what it says."""
    frame = [event[name] for name in ("case_id", "seq", "at_us", "recorded_us", "role", "actor", "request_id")]
    text = json.dumps(frame, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(bytes(head) + text + event["data"].encode()).digest()
