"""What a billion returns a year would take: plain arithmetic from measured figures and from assumptions that stand here."""

from dataclasses import dataclass
from math import ceil

from rich.table import Table

SECONDS_OF_YEAR = 365 * 86_400


@dataclass(frozen=True)
class Assumed:
    """What nobody measured: traffic, media, machines and prices, as of November 2026."""

    returns: int = 1_000_000_000  # a year
    peak: int = 10  # the busiest second against the average: season 2.5, weekday 1.3, hour 3
    looks: int = 20  # pages and lists that are read for one return
    look_cpu_ms: float = (
        5.0  # of a core, house and database together; `./bh bench` has the seller's first page at 15 ms
    )
    photos: int = 6  # customer, point and warehouse together
    photo_kb: int = 400  # 2,400 pixels on the longer edge, JPEG
    copies: int = 3  # primary, synchronous standby, a replica for reports
    years_kept: int = 1  # in the database; older months are detached partitions in cheap storage
    photo_days: int = 200  # `media_keep_days` of the policy, and the days on the way
    told_days: int = 30  # `event_keep_days` of the policy: what was told to programs
    full: float = 0.6  # how full a disk and how busy a core may be at the peak
    cores: int = 16
    disk_tb: float = 7.0
    machine_usd: int = 900  # a month, 16 cores, 128 GB, local NVMe, reserved for a year
    object_usd: float = 0.02  # a GB and month of object storage
    homes: int = 64  # groups of sellers that never part; some a machine
    alone: float = 3.0  # what a command by itself costs of CPU against one in the batches that were measured


def plan(measured: dict[str, float], assumed: Assumed) -> dict[str, float]:
    """The whole calculation, by name."""
    average = assumed.returns * measured["return_commands"] / SECONDS_OF_YEAR
    peak = average * assumed.peak
    rows = peak * measured["return_rows"] / measured["return_commands"]
    log = peak * measured["return_wal_bytes"] / measured["return_commands"]
    told = measured["return_told_bytes"] * (1 - assumed.told_days / 365)
    bloat = measured["return_bytes_before_vacuum_full"] / measured["return_bytes"]
    stored = assumed.returns * assumed.years_kept * (measured["return_bytes"] - told) * bloat / 1e12
    looks = assumed.returns * assumed.looks / SECONDS_OF_YEAR * assumed.peak
    database = peak * assumed.alone * measured["command_cpu_us_postgres"] / 1e6
    house = peak * assumed.alone * measured["command_cpu_us_desk"] / 1e6 + looks * assumed.look_cpu_ms / 1000
    by_disk = ceil(stored / (assumed.disk_tb * assumed.full))
    by_cores = ceil(database / (assumed.cores * assumed.full))
    shards = max(by_disk, by_cores)
    houses = ceil(house / (assumed.cores * assumed.full))
    machines = shards * assumed.copies + houses
    media = assumed.returns * assumed.photos * assumed.photo_kb / 1e9 * assumed.photo_days / 365
    usd = machines * assumed.machine_usd * 12 + media * 1000 * assumed.object_usd * 12
    return {
        "commands a second, average": average,
        "commands a second at the peak": peak,
        "rows a second at the peak": rows,
        "write-ahead log, MB a second at the peak": log / 1e6,
        "reads a second at the peak": looks,
        "stored in a year, TB (one copy)": stored,
        "photos at any time, TB": media,
        "cores for databases at the peak": database,
        "cores for houses at the peak": house,
        "shards by disk": by_disk,
        "shards by cores": by_cores,
        "shards": shards,
        "write-ahead log of a shard, MB a second at the peak": log / 1e6 / shards,
        "homes a shard": assumed.homes / shards,
        "commands a second of a home at the peak": peak / assumed.homes,
        "database machines with standbys and replicas": shards * assumed.copies,
        "machines for houses": houses,
        "USD a year": usd,
        "USD for a thousand returns": usd / assumed.returns * 1000,
    }


def told(measured: dict[str, float], assumed: Assumed) -> Table:
    """The calculation to read."""
    table = Table("a billion returns a year", "", title_justify="left")
    for name, value in plan(measured, assumed).items():
        table.add_row(name, f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip("."))
    return table
