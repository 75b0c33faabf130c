"""A file system that is really full when it is full, for the tests of what happens then."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

__all__ = ["small_disk", "small_disk_of"]


def small_disk_of(size: str, *, name: str = "small_disk") -> Callable[..., Iterator[Path]]:
    """Make the fixture `small_disk` with so much room, such as "8k" or "2m"."""

    @pytest.fixture(name=name)
    def mounted(tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "davy-test", str(folder)]
        if subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("mounting a small file system needs root")
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)

    return mounted


# Too small for any clip.
small_disk = small_disk_of("8k")
