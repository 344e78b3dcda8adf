"""A process of its own that makes one report and says how much memory it took: `large_report.py DATABASE DATA SELLER KIND`."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from backhaul.kit.clock import TurnedClock
from backhaul.marketplace import report_doors
from backhaul.marketplace.office import open_office
from backhaul.marketplace.returns_report import queries
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Role


def peak_kib() -> int:
    """The high-water mark of this program's own memory; that of `getrusage` may be the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) if found else sys.maxsize


def main() -> None:
    url, data, seller_id, kind = sys.argv[1:]
    clock = TurnedClock(datetime(2024, 9, 20, 9, tzinfo=UTC))
    office = open_office(url, Path(data), clock)
    wanted = Wanted(datetime(2024, 9, 1, tzinfo=UTC), datetime(2024, 10, 1, tzinfo=UTC), kind, "ru")
    by = By(Role.SELLER, "elif", seller_id)
    answer = office.desk.perform_now(report_doors.ordering(office, wanted, by))
    began_kib = peak_kib()
    rounds = 0
    while office.reports.work():
        rounds += 1
    with office.database.read() as tx:
        report = report_doors.own(tx, answer.body.decode(), by)
    print(json.dumps({
        "began_kib": began_kib, "peak_kib": peak_kib(), "rounds": rounds, "state": report.state,
        "found": report.rows_found, "file": str(office.reports.path_of(report)), "ready": report.state == queries.READY,
    }))  # fmt: skip
    office.close()


if __name__ == "__main__":
    main()
