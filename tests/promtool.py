"""Prometheus's own judge of rules: `promtool` from the machine, or from Debian's package, unpacked into .tools/."""

import shutil
import subprocess
import tempfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / ".tools"


def promtool() -> Path | None:
    """The program, or None where there is none and none can be brought."""
    found = shutil.which("promtool")
    if found:
        return Path(found)
    kept = TOOLS / "promtool"
    if kept.exists():
        return kept
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    TOOLS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        brought = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, check=False)
        packages = list(Path(folder).glob("prometheus_*.deb"))
        if brought.returncode != 0 or not packages:
            return None
        subprocess.run(["dpkg-deb", "-x", packages[0], folder], check=True)
        (Path(folder) / "usr/bin/promtool").replace(kept)
    return kept
