"""The folder that holds the recorded chunks, oldest to go first.

One file a chunk: `<mine>/<camera>/<stream>/<sequence>_<start_ms>_<duration_ms>.mp4`. A name
that does not fit is a stranger: never listed, never deleted.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workers.media.errors import DiskFull, MediaError

STREAMS = ("main", "sub")
NAME = re.compile(r"(\d{1,12})_(\d{1,15})_(\d{1,9})\.mp4", re.ASCII)
FOLDER = re.compile(r"\d{1,12}", re.ASCII)
PART = re.compile(r"\.\d{1,12}_\d{1,15}_\d{1,9}\.part", re.ASCII)
STALE_PART_S = 60.0
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Found:
    """A chunk's file as its name tells it."""

    mine: int
    camera: int
    stream: str
    sequence: int
    start_s: float
    duration_s: float
    path: str  # relative to the ring's root
    bytes: int


@dataclass(frozen=True)
class Written:
    """A chunk that is safely on the disk."""

    path: str  # relative to the ring's root
    bytes: int
    sha256: str
    start_s: float  # as the name can tell it, whole milliseconds
    duration_s: float


class Ring:
    """The recorded chunks under one root; `durable=False` leaves out the fsync (tests)."""

    def __init__(self, root: str | Path, *, durable: bool = True) -> None:
        self.root = Path(root)
        self._durable = durable
        self._refused = False
        self._taken: list[int] = []

    def take(self, mine: int | None = None) -> bool:
        """Take the ring for one recorder, of all mines or of one; False while another has it.

        Where the disk knows no locks or takes no file it is taken: to record comes first.
        """
        wanted = [(".recorder", fcntl.LOCK_SH if mine else fcntl.LOCK_EX)]
        if mine:
            wanted.append((f".recorder-{mine}", fcntl.LOCK_EX))
        for name, how in wanted:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                self._taken.append(_open_for_lock(self.root / name))
                fcntl.flock(self._taken[-1], how | fcntl.LOCK_NB)
            except BlockingIOError:
                self.give_back()
                return False
            except OSError:
                continue
        return True

    def give_back(self) -> None:
        """Let another recorder take the ring; a process that ends does so as well."""
        while self._taken:
            os.close(self._taken.pop())

    def was_refused(self) -> bool:
        """Tell whether the disk took no more since this was last asked."""
        refused, self._refused = self._refused, False
        return refused

    def path(self, relative: str) -> Path:
        """Return the absolute path of a chunk; MediaError if the name is not a chunk's."""
        if _parse(relative) is None:
            raise MediaError(f"not the name of a chunk: {relative[:120]!r}")
        return self.root / relative

    def write(
        self,
        *,
        mine: int,
        camera: int,
        stream: str,
        sequence: int,
        start_s: float,
        end_s: float,
        data: bytes,
    ) -> Written:
        """Store a chunk so that it is there whole or not at all; DiskFull if it does not fit."""
        # The end is rounded, not the length: chunks that touch keep touching.
        start_ms, end_ms = round(start_s * 1000), round(end_s * 1000)
        name = f"{sequence}_{start_ms}_{max(end_ms - start_ms, 1)}"
        relative = f"{folder_of(mine, camera, stream)}/{name}.mp4"
        final = self.path(relative)
        part = final.parent / f".{name}.part"
        try:
            self._store(part, final, data)
        except OSError as error:
            _forget(part)
            if error.errno in FULL:
                self._refused = True
                raise DiskFull from None
            reason = f"the recording folder cannot be written: {error.strerror or 'error'}"
            raise MediaError(reason) from None
        return Written(
            path=relative,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            start_s=start_ms / 1000,
            duration_s=max(end_ms - start_ms, 1) / 1000,
        )

    def _store(self, part: Path, final: Path, data: bytes) -> None:
        try:
            descriptor = _create(part)
        except FileNotFoundError:
            part.parent.mkdir(parents=True, exist_ok=True)
            descriptor = _create(part)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if self._durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(final)
        if self._durable:
            folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def scan(self, mine: int | None = None) -> Iterator[Found]:
        """Yield every chunk that is there, in no order; strangers are passed over."""
        for mine_name in _folders(self.root):
            if mine is not None and mine_name != str(mine):
                continue
            for camera_name in _folders(self.root / mine_name):
                for stream in STREAMS:
                    yield from self._list(f"{mine_name}/{camera_name}/{stream}")

    def _list(self, folder: str) -> Iterator[Found]:
        try:
            entries = os.scandir(self.root / folder)
        except OSError:
            return
        with entries:
            for entry in entries:
                found = _parse(f"{folder}/{entry.name}")
                if found is None:
                    continue
                try:
                    if not entry.is_file(follow_symlinks=False):
                        continue
                    size = entry.stat(follow_symlinks=False).st_size
                except OSError:
                    continue  # deleted meanwhile
                yield replace(found, bytes=size)

    def names(self, mine: int, camera: int, stream: str) -> set[str]:
        """Return the names of a stream's chunks, without a look at the files: it may have many."""
        names = _names(self.root / folder_of(mine, camera, stream))
        return {name for name in names if NAME.fullmatch(name)}

    def found(self, relative: str) -> Found | None:
        """Describe one chunk; None for a stranger and for what is not there."""
        found = _parse(relative)
        try:
            status = (self.root / relative).lstat()
        except OSError:
            return None
        if found is None or not stat.S_ISREG(status.st_mode):
            return None
        return replace(found, bytes=status.st_size)

    def after(self, mine: int, camera: int, stream: str, sequence: int) -> list[Found]:
        """Return a stream's chunks above a number, in order.

        Of the others nothing but the name is read: a stream has a hundred thousand a day. What a
        killed recorder left half-written goes.
        """
        folder = folder_of(mine, camera, stream)
        found = []
        for name in _names(self.root / folder):
            if PART.fullmatch(name):
                _forget_stale(self.root / folder / name)
            elif (told := NAME.fullmatch(name)) and int(told[1]) > sequence:
                found.append(self.found(f"{folder}/{name}"))
        return sorted((one for one in found if one), key=lambda one: one.sequence)

    def delete(self, relative: str) -> bool:
        """Delete a chunk; False if it was not there."""
        try:
            self.path(relative).unlink()
        except FileNotFoundError:
            return False
        return True

    def usage_bytes(self) -> int:
        """Return the bytes of all chunks."""
        return sum(found.bytes for found in self.scan())

    def free_bytes(self) -> int:
        """Return the bytes that are free on the ring's disk."""
        folder = self.root
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free


def folder_of(mine: int, camera: int, stream: str) -> str:
    """Return where a stream's chunks lie, relative to the ring's root."""
    return f"{mine}/{camera}/{stream}"


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name
    except OSError:
        return


def _forget_stale(part: Path) -> None:
    try:
        if part.stat().st_mtime < time.time() - STALE_PART_S:
            _forget(part)
    except OSError:
        return


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)


def _open_for_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _folders(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return [
                entry.name
                for entry in entries
                if FOLDER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []


def _parse(relative: str) -> Found | None:
    parts = relative.split("/")
    if len(parts) != 4 or parts[2] not in STREAMS:
        return None
    if not FOLDER.fullmatch(parts[0]) or not FOLDER.fullmatch(parts[1]):
        return None
    name = NAME.fullmatch(parts[3])
    if name is None:
        return None
    return Found(
        mine=int(parts[0]),
        camera=int(parts[1]),
        stream=parts[2],
        sequence=int(name[1]),
        start_s=int(name[2]) / 1000,
        duration_s=int(name[3]) / 1000,
        path=relative,
        bytes=0,
    )
