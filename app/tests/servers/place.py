"""The place in which one server runs."""
from pathlib import Path
from typing import NamedTuple

from install import Packages


class Place(NamedTuple):
    """`folder` holds the files that are served, `work` is the server's own, and `port` is free."""
    packages: Packages
    folder: Path
    work: Path
    port: int

    def file(self, name, text):
        """Writes a file of the server, and returns its path."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def unpacked(self, path):
        """Returns the path of a file of a Debian package: the unpacked one, or that of the system."""
        unpacked = self.packages.root / path
        return unpacked if unpacked.exists() else Path("/") / path
