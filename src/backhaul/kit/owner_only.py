"""Directories and files that nobody but their owner may enter or read."""

from pathlib import Path


def keep(directory: Path) -> None:
    """A directory with all that is in it, whatever it was copied from and whatever the umask says."""
    directory.chmod(0o700)
    for path in directory.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
