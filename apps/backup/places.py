"""Where backups lie: a folder, or a bucket of any S3-compatible store."""

import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

__all__ = ["Bucket", "Folder", "Place", "PlaceError", "place_of", "workshop"]


class PlaceError(Exception):
    """A backup's place did not take or give a file; the message is for people."""


class Place(Protocol):
    """Named files; `put` and `get` move whole ones."""

    words: str

    def put(self, name: str, file: Path) -> None:
        """Keep a file under a name, whole or not at all."""

    def get(self, name: str, to: Path) -> None:
        """Bring a file; PlaceError where there is none."""

    def names(self) -> set[str]:
        """Return the names of all files."""

    def below(self, name: str) -> "Place":
        """Return the place of that name in here."""


def place_of(words: str) -> Place:
    """Return the place that somebody names: a folder that there is, or s3://BUCKET/PREFIX.

    Raises PlaceError for anything else. No folder is made: where a disk is not mounted it would
    lie on the very disk that the backup is to outlive.
    """
    if words.startswith("s3://"):
        url = urlsplit(words)
        return Bucket(url.netloc, url.path.strip("/"))
    if words.lower().startswith("s3:"):
        raise PlaceError(f"{words} is no place in a store: those are written s3://BUCKET/PREFIX.")
    if not Path(words).is_dir():
        raise PlaceError(f"{words} is no folder. Is its disk mounted? Davy makes none by itself.")
    return Folder(Path(words))


def _inside(name: str) -> str:
    """Refuse a name that would lead out of the place: it may come from a changed list."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name:
        raise PlaceError(f"{name!r} is no name of a file in a backup.")
    return name


class Folder:
    """A folder of this machine, or of a disk that hangs in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.words = str(self.path)

    def put(self, name: str, file: Path) -> None:
        """Copy a file durably."""
        to = self.path / _inside(name)
        part = to.with_name(f".{to.name}.part")
        try:
            # Parents made on the way would be open to others; the place itself may have gone away.
            self.path.mkdir(exist_ok=True, mode=0o700)
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with file.open("rb") as source, part.open("wb") as sink:
                os.fchmod(sink.fileno(), 0o600)
                shutil.copyfileobj(source, sink, 1 << 20)
                sink.flush()
                os.fsync(sink.fileno())
            part.replace(to)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise PlaceError(f"{to} cannot be written: {error.strerror}.") from error

    def get(self, name: str, to: Path) -> None:
        """Copy a file out of the backup."""
        try:
            shutil.copyfile(self.path / _inside(name), to)
        except OSError as error:
            raise PlaceError(f"{self.path / name} cannot be read: {error.strerror}.") from error

    def names(self) -> set[str]:
        """List every file."""
        if not self.path.is_dir():
            raise PlaceError(f"{self.path} is no folder.")
        files = (path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix() for path in files}

    def is_beside(self, folder: Path) -> bool:
        """Tell whether it lies on the disk of another folder, and would die with it."""
        return self.path.stat().st_dev == folder.stat().st_dev

    def below(self, name: str) -> "Folder":
        """Return a folder in this one; it is made when it gets its first file."""
        return Folder(self.path / _inside(name))


class Bucket:
    """A bucket, by its own address and keys where DAVY_BACKUP_S3_* name some."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket, self.prefix = bucket, prefix
        self.words = f"s3://{bucket}/{prefix}"
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.BACKUP_S3_ENDPOINT_URL or None,
            aws_access_key_id=settings.BACKUP_S3_ACCESS_KEY_ID,
            aws_secret_access_key=settings.BACKUP_S3_SECRET_ACCESS_KEY,
            region_name=settings.S3_REGION,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def _key(self, name: str) -> str:
        return "/".join(filter(None, [self.prefix, _inside(name)]))

    def put(self, name: str, file: Path) -> None:
        """Upload a file; a large one in parts."""
        try:
            self._client.upload_file(str(file), self.bucket, self._key(name))
        except (BotoCoreError, ClientError, boto3.exceptions.Boto3Error, OSError) as error:
            raise PlaceError(f"{self.words} did not take {name}: {error}") from error

    def get(self, name: str, to: Path) -> None:
        """Download a file by one plain request: not every store answers ranges."""
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self._key(name))
            with to.open("wb") as sink:
                for block in answer["Body"].iter_chunks(1 << 20):
                    sink.write(block)
        except (BotoCoreError, ClientError, OSError) as error:
            raise PlaceError(f"{self.words} did not give {name}: {error}") from error

    def names(self) -> set[str]:
        """List every object under the prefix."""
        start = f"{self.prefix}/" if self.prefix else ""
        pages = self._client.get_paginator("list_objects_v2")
        try:
            found = [
                row["Key"].removeprefix(start)
                for page in pages.paginate(Bucket=self.bucket, Prefix=start)
                for row in page.get("Contents", [])
            ]
        except (BotoCoreError, ClientError) as error:
            raise PlaceError(f"{self.words} cannot be listed: {error}") from error
        return set(found)

    def below(self, name: str) -> "Bucket":
        """Return the prefix under this one."""
        return Bucket(self.bucket, "/".join(filter(None, [self.prefix, _inside(name)])))


def workshop() -> "tempfile.TemporaryDirectory[str]":
    """Make a folder for files on their way; it goes away by itself."""
    settings.VAR.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="backup-", dir=settings.VAR)
