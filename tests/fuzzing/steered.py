"""`./bh fuzz [SECONDS] [TARGET…]`: the targets of `tests/fuzzing/targets.py`, each steered by coverage with Atheris in a process of its own.

Stops at what is raised, at what takes a second, at 768 MB. Bytes that broke something lie in var/fuzz; the last target is planted: it must
break, or all of this is blind.
"""

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "var" / "fuzz"
SECONDS = 15
SLOW_SECONDS, MEGABYTES = 1, 768
STUCK_SECONDS = 60  # its alarm may come while Python ends, and would take what is told with it
PLANTED = "planted"
# What reads; to instrument all that it imports would take longer than the run.
READING = [
    *(f"backhaul.kit.{name}" for name in ("cells", "egress", "file_names", "forms", "gs1", "http", "i18n", "keys", "media", "outside", "videos", "webhooks", "money")),
    *(f"backhaul.marketplace.{name}" for name in ("filters", "invoice_files", "order_cells", "order_faults", "order_postings", "order_prices", "orders",
                                                  "rate_card_files", "rate_files", "rules.rate_cards", "statement_files", "statement_xml")),
    "backhaul.partner.bank_statement", "backhaul.partner.decision_file", "backhaul.partner.rules.invoices", "tests.fuzzing.targets",
]  # fmt: skip


def planted(data: bytes) -> None:
    """The control: an IndexError behind three conditions that chance alone does not meet."""
    cells = data.split(b",")
    if len(cells) > 1 and cells[0] == b"R-1" and cells[1][:3] == b"cny":
        cells[9].decode("latin-1")


def one(name: str, options: Sequence[str]) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris  # type: ignore[import-untyped] # noqa: PLC0415 -- only `./bh fuzz` has it

    importlib.import_module("tests.fuzzing.targets")  # everything, as it is
    for module in READING:
        package, _, last = module.rpartition(".")
        del sys.modules[module]
        delattr(sys.modules[package], last)  # else `from package import module` would find it there
    with atheris.instrument_imports(
        include=["backhaul", "tests"]
    ):  # what reads is read again; it knows whole packages only
        targets = importlib.import_module("tests.fuzzing.targets")
    target = atheris.instrument_func(planted) if name == PLANTED else targets.TARGETS[name]

    def timed(data: bytes) -> None:
        began = time.process_time()
        targets.run(target, data)
        if (took := time.process_time() - began) > SLOW_SECONDS:
            raise TimeoutError(f"{took:.1f} s")

    atheris.Setup([sys.argv[0], *options], timed)
    atheris.Fuzz()


def started(name: str, seconds: int) -> subprocess.CompletedProcess[str]:
    """One target in a process of its own, from what fits on."""
    from tests.fuzzing import targets  # noqa: PLC0415 -- not in a process that instruments it

    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as pool:
        for number, data in enumerate(targets.seeds().get(name, [b"R-1,x"])):
            (Path(pool) / str(number)).write_bytes(data)
        options = [f"-max_total_time={seconds}", f"-timeout={STUCK_SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={FOUND}/{name}-",
                   "-max_len=16384", "-seed=1", "-print_final_stats=1", pool]  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "tests.fuzzing.steered", "one", name, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def executions(said: str) -> int:
    """How often the target was run."""
    found = [line for line in said.splitlines() if "number_of_executed_units" in line]
    return int(found[-1].split()[-1]) if found else 0


def fault(said: str) -> str:
    """What broke it, in its own lines."""
    lines = [
        line for line in said.splitlines() if "Error" in line or "ALARM" in line or "ERROR" in line or 'File "' in line
    ]
    return "\n    ".join(lines[-6:])


def main(words: Sequence[str]) -> int:
    """Every target, then the planted one; 1 when one broke or the planted one did not."""
    from tests.fuzzing import targets  # noqa: PLC0415 -- not in a process that instruments it

    seconds = int(words[0]) if words and words[0].isdigit() else SECONDS
    chosen = [word for word in words if not word.isdigit()] or list(targets.TARGETS)
    broken, total = [], 0
    for name in (*chosen, PLANTED):
        ended = started(name, seconds)
        count = executions(ended.stdout)
        total += count
        print(f"{name:<26}{count:>10,} executions  {'broke' if ended.returncode else 'held'}", flush=True)
        if ended.returncode and name != PLANTED:
            broken.append(name)
            print(f"    {fault(ended.stdout)}", flush=True)
        if name == PLANTED and "IndexError" not in ended.stdout:
            broken.append(name)
            print("    the planted IndexError was not found: this run proves nothing", flush=True)
    print(
        f"{total:,} executions of {len(chosen)} targets, {seconds} s each: {', '.join(broken) or 'nothing broke, the planted one did'}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(sys.argv[2], sys.argv[3:])
    sys.exit(main(sys.argv[1:]))
