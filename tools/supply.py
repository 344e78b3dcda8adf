"""What the product is made of, and whether any of it is known to be vulnerable: `./bh sbom` and `./bh audit`.

An audit that looked at nothing says NOT RUN and ends with 3, never that nothing was found: it must know an old package that is vulnerable.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "requirements" / "run.txt"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", re.MULTILINE)
# Known to be vulnerable since 2019 (CVE-2019-10906): whoever does not know it knows nothing.
CONTROL = "jinja2", "2.10"
GOOD, FOUND, NOT_RUN = 0, 1, 3
Report = dict[str, Any]


def pins(text: str) -> dict[str, str]:
    """The versions that a lock names, by normal names."""
    return {normal(name): version for name, version in PIN.findall(text)}


def normal(name: str) -> str:
    """As the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def missing(bill: Report, locked: dict[str, str]) -> list[str]:
    """What the lock has and the bill has not, or in another version, or without a hash."""
    there = {normal(one["name"]): one for one in bill.get("components", [])}
    return sorted(
        name
        for name, version in locked.items()
        if name not in there or there[name].get("version") != version or not hashes(there[name])
    )


def hashes(component: Report) -> bool:
    """Whether a component says what its files hash to."""
    return any(one.get("hashes") for one in (component, *component.get("externalReferences", [])))


def sbom(programs: Path) -> int:
    """Writes var/sbom.json; 1 when it has less than the lock."""
    to = ROOT / "var" / "sbom.json"
    to.parent.mkdir(exist_ok=True)
    command = [programs / "cyclonedx-py", "requirements", LOCKED, "--pyproject", ROOT / "pyproject.toml",
               "--output-reproducible", "--of", "JSON", "-o", to]  # fmt: skip
    made = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        print(f"NOT RUN: {made.stderr.strip()[-500:]}")
        return NOT_RUN
    bill, locked = json.loads(to.read_text(encoding="utf-8")), pins(LOCKED.read_text(encoding="utf-8"))
    gone = missing(bill, locked)
    print(f"{to.relative_to(ROOT)}: CycloneDX {bill['specVersion']}, {len(bill['components'])} components")
    for name in gone:
        print(f"not in it as locked: {name}")
    return 1 if gone else 0


def verdict(report: Report | None, control: Report | None) -> tuple[int, list[str]]:
    """What an audit comes to: (exit status, lines). `control` is that of a package that is known to be vulnerable."""
    if report is None or control is None:
        return NOT_RUN, ["NOT RUN: no database of vulnerabilities answered"]
    known = {normal(one["name"]) for one in control["dependencies"] if one.get("vulns")}
    if CONTROL[0] not in known:
        return NOT_RUN, [f"NOT RUN: {CONTROL[0]} {CONTROL[1]} is vulnerable, and the database does not know it"]
    skipped = [one for one in report["dependencies"] if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for one in report["dependencies"]
        for vulnerability in one.get("vulns", ())
    ]
    if found:
        return FOUND, found
    if skipped:
        return NOT_RUN, [f"NOT RUN for {one['name']}: {one['skip_reason']}" for one in skipped]
    return GOOD, [f"{len(report['dependencies'])} packages, none known to be vulnerable"]


def audit(programs: Path) -> int:
    """Asks for every package of the lock, and for the control."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text("==".join(CONTROL) + "\n", encoding="utf-8")
        status, lines = verdict(_asked(programs, LOCKED), _asked(programs, control))
    print("\n".join(lines))
    return status


def _asked(programs: Path, requirements: Path) -> Report | None:
    command = [str(programs / "pip-audit"), "--disable-pip", "--no-deps", "--progress-spinner=off", "-f", "json",
               "-r", str(requirements)]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: Report = json.loads(told.stdout)
    except ValueError:
        print(told.stderr.strip()[-300:], file=sys.stderr)
        return None
    return found


if __name__ == "__main__":
    sys.exit({"sbom": sbom, "audit": audit}[sys.argv[1]](Path(sys.argv[2])))
