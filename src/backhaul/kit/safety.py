"""Settings under which a house would lose what it answered, or show it to others: each with what is wrong and what to do.

Every function takes what it judges as an argument, so that a test can plant the fault. `backhaul doctor` tells all of them;
`serve` and `work` do not start over one that `stops`, unless it is a trial.
"""

import base64
import binascii
import ipaddress
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

FREE_BYTES_MIN, FREE_BYTES_GOOD = 64 << 20, 1 << 30
SECRET_BYTES = 32
DIFFERENT_BYTES_MIN = 12  # of 32 random bytes; fewer are one in 10^12
# Variables of the framework and of Python that open a house: pages with the text of errors, a debugger, known hashes.
SWITCHES = {
    "LITESTAR_DEBUG": "shows visitors the insides of an error",
    "LITESTAR_PDB": "stops the house in a debugger at each error",
    "PYTHONASYNCIODEBUG": "writes the values of calls into the log",
    "PYTHONDEVMODE": "writes the values of calls into the log",
    "PYTHONINSPECT": "opens a prompt with all secrets in it when the house ends",
    "PYTHONHASHSEED": "makes hashes known beforehand, so that one small request can hold a processor",
}
OFF = frozenset({"", "0", "random"})


class Fault(msgspec.Struct, frozen=True):
    """A setting that is not safe. `stops`: a house does not start over it; the others are advice."""

    code: str
    said: str
    remedy: str
    stops: bool = True


class Doors(msgspec.Struct, frozen=True):
    """How a house is reached, as it was asked for on the command line."""

    host: str = "127.0.0.1"
    url: str = ""
    secure: bool = False
    proxies: str = ""
    webhooks_into: str = ""
    mail_to: str = ""


# -- The process ------------------------------------------------------------------------------------------------------


def of_process(environment: Mapping[str, str], *, optimised: bool, is_root: bool) -> list[Fault]:
    """What Python itself was told."""
    found = [
        Fault("debug_switch", f"{name} is set: it {does}.", f"Unset {name}.")
        for name, does in SWITCHES.items()
        if environment.get(name, "") not in OFF
    ]
    if optimised:
        found.append(Fault("assertions_off", "Python leaves out assertions (-O or PYTHONOPTIMIZE): what must never be goes on unnoticed.",
                           "Start Python without -O and unset PYTHONOPTIMIZE."))  # fmt: skip
    if is_root:
        found.append(Fault("runs_as_root", "The house runs as root: whoever gets into it has the machine.",
                           "Start it as a user of its own that owns the data directory.", stops=False))  # fmt: skip
    return found


# -- How it is reached ------------------------------------------------------------------------------------------------


def of_doors(doors: Doors) -> list[Fault]:
    """What goes in the clear, whose word is believed, and who could be called from inside."""
    found = []
    parts, beyond = urlsplit(doors.url), is_beyond(doors)
    if parts.scheme == "http" and not is_here(parts.hostname or ""):
        found.append(Fault("plain_http", f"People use {parts.scheme}://{parts.hostname}: passwords and sessions go in the clear.",
                           "Put a proxy with TLS in front and give --url https://…"))  # fmt: skip
    elif beyond and not doors.secure:
        found.append(Fault("cookies_in_the_clear", "The house is reached from beyond this machine, and its cookies would go over plain http, too.",
                           "Serve behind TLS with --secure (and --proxies ADDRESS of what ends it)."))  # fmt: skip
    if any(is_everybody(one) for one in doors.proxies.replace(",", " ").split()):
        found.append(Fault("any_proxy", "X-Forwarded-For is believed whoever sends it: a key that is bound to networks works from everywhere.",
                           "Name the addresses of your own proxies in --proxies."))  # fmt: skip
    if beyond and doors.webhooks_into:
        found.append(Fault("webhooks_inside", f"Sellers' webhooks may lead into {doors.webhooks_into}: a seller could call your own servers.",
                           "Leave --webhooks-into out; it is for trying out."))  # fmt: skip
    if beyond and doors.mail_to == "console":
        found.append(Fault("mail_on_console", "Mails are printed: links that let people in stand in the log.",
                           "Give --mail smtps://… or leave --mail out."))  # fmt: skip
    if beyond and doors.mail_to in {"", "file"}:
        found.append(
            Fault("mail_to_files", "Mails are written to files and reach nobody.", "Give --mail smtps://…", stops=False)
        )
    return found


def is_beyond(doors: Doors) -> bool:
    """Whether anybody reaches the house from another machine."""
    host = urlsplit(doors.url).hostname
    return not is_here(doors.host) or bool(host and not is_here(host))


def check_url(text: str) -> None:
    """`ValueError` when this is no address that people can open."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.query or parts.fragment or not text.isprintable() or " " in text:
        msg = f"an address begins with https://, as https://returns.example.com, not {text!r}"
        raise ValueError(msg)


def check_proxies(text: str) -> None:
    """`ValueError` when one of them is neither an address nor a network: it would be believed to be there and never is."""
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            if one != "*":
                ipaddress.ip_network(one)
        except ValueError:
            msg = f"addresses and networks with commas between them, as 10.0.0.5,10.1.0.0/16, not {one!r}"
            raise ValueError(msg) from None


def is_here(host: str) -> bool:
    """Whether a name is this machine's own and nobody else's."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_everybody(network: str) -> bool:
    """`*`, or a network that half the world is in."""
    try:
        return network == "*" or ipaddress.ip_network(network, strict=False).prefixlen < 8
    except ValueError:
        return False


# -- Files and secrets ------------------------------------------------------------------------------------------------


def of_files(data: Path, key_file: Path, databases: Iterable[Path] = (), *, media_here: bool = True) -> list[Fault]:
    """The data directory: who else reads it, whether it can be written, and what it stands on."""
    found = _open_files(data, key_file, databases)
    places = [data, *((data / "blobs",) if media_here else ()), data / "reports", data / "jobs"]
    shut = [place for place in places if not _takes_files(place)]
    if shut:
        found.append(Fault("not_writable", f"Nothing can be written in {', '.join(map(str, shut))}: photos and reports would be lost.",
                           "Give the directory to the user of the house, on a disk that is not read-only."))  # fmt: skip
        return found
    free = _free_bytes(nearest(data))
    if free < FREE_BYTES_GOOD:
        found.append(Fault("disk_full", f"{free >> 20} MiB are free on the disk of {data}.",
                           "Make room: without it photos, reports and, on SQLite, every command are refused.",
                           stops=free < FREE_BYTES_MIN))  # fmt: skip
    return found


def _open_files(data: Path, key_file: Path, databases: Iterable[Path]) -> list[Fault]:
    found = []
    if key_file.exists() and _mode(key_file) & 0o077:
        found.append(
            Fault(
                "key_file_open",
                f"{key_file} can be read by others: it opens all sealed secrets.",
                f"chmod 600 {key_file}",
            )
        )
    for path in databases:
        others_enter = path.exists() and _mode(path) & 0o004 and _mode(path.parent) & 0o001
        if others_enter:
            found.append(Fault("database_file_open", f"{path} can be read by everybody on this machine.",
                               f"chmod 700 {path.parent} (a house of an earlier release needs it once)"))  # fmt: skip
    if data.exists() and _mode(data) & 0o002:
        found.append(Fault("data_open", f"Everybody on this machine may write in {data}.", f"chmod 700 {data}"))
    elif data.exists() and _mode(data) & 0o001 and not found:
        found.append(Fault("data_readable", f"Everybody on this machine may enter {data}: photos and reports stand there.",
                           f"chmod 700 {data}", stops=False))  # fmt: skip
    return found


def of_key(content: bytes) -> list[Fault]:
    """The key that seals secrets and signs forms, passes and cookies."""
    try:
        raw = base64.urlsafe_b64decode(content)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != SECRET_BYTES:
        return [Fault("key_short", f"seal.key holds no key of {SECRET_BYTES} bytes.", "Restore it from your backup; a new one opens nothing that is sealed.")]  # fmt: skip
    if len(set(raw)) < DIFFERENT_BYTES_MIN:
        return [Fault("key_guessable", "seal.key was typed, not drawn: others can guess it.",
                      "Delete it before the first start and let the house draw its own; afterwards every secret must be entered again.")]  # fmt: skip
    return []


# -- Looking ----------------------------------------------------------------------------------------------------------


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def nearest(path: Path) -> Path:
    """The path, or the directory above it that exists."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _takes_files(place: Path) -> bool:
    """Tried and not asked: to root every directory looks writable, also on a disk that is not."""
    trial = nearest(place) / f".trial-{os.getpid()}"
    try:
        trial.write_bytes(b"x")
        trial.unlink()
    except OSError:
        return False
    return True


def _free_bytes(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
