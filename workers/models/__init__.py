"""The catalogue of weights: what is allowed, where it comes from, and whether it is really that."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What verify() has already hashed: (path, size, modification time in ns).
_verified: set[tuple[str, int, int]] = set()


class ModelError(Exception):
    """Weights are missing or are not what the catalogue says; the text says which and why."""


@dataclass(frozen=True)
class File:
    """A file of a package: its path inside, the name it is kept under, its SHA-256 or None."""

    path: str
    name: str
    sha256: str | None


@dataclass(frozen=True)
class Model:
    """One entry of models.toml."""

    name: str
    version: str
    what: str
    package: str
    source: str
    licence: str
    input_px: int
    labels: tuple[str, ...]
    files: tuple[File, ...]
    licences: tuple[File, ...]


@lru_cache(maxsize=1)
def catalogue() -> tuple[dict[str, Model], str]:
    """Return the models by name, and the name of the default."""
    document = tomllib.loads((HERE / "models.toml").read_text())
    entries = {}
    for raw in document["model"]:
        plain = {k: raw[k] for k in ("name", "version", "what", "package", "source", "licence")}
        entries[raw["name"]] = Model(
            **plain,
            input_px=int(raw["input_px"]),
            labels=tuple(raw["labels"]),
            files=tuple(File(f["path"], f["name"], f["sha256"]) for f in raw["files"]),
            licences=tuple(File(f["path"], f["name"], None) for f in raw.get("licences", [])),
        )
    return entries, document["default"]


def find(name: str = "default") -> Model:
    """Return the entry called name; ModelError lists what there is."""
    entries, default = catalogue()
    entry = entries.get(default if name == "default" else name)
    if entry is None:
        raise ModelError(f'no model "{name}"; the catalogue has: {", ".join(sorted(entries))}')
    return entry


def root() -> Path:
    """Return the folder that holds the fetched models: DAVY_MODELS, by default var/models."""
    named = os.environ.get("DAVY_MODELS")
    return Path(named) if named else HERE.parents[1] / "var" / "models"


def folder_of(entry: Model, base: Path | None = None) -> Path:
    """Return where an entry's files lie."""
    return (base or root()) / f"{entry.name}-{entry.version}"


def verify(entry: Model, base: Path | None = None) -> Path:
    """Return the entry's folder after checking every file's SHA-256; ModelError if not."""
    where = folder_of(entry, base)
    for file in entry.files:
        path = where / file.name
        try:
            info = path.stat()
        except OSError:
            raise ModelError(
                f"weights of {entry.name} are missing: no {path}; "
                "run `python -m workers.models fetch`"
            ) from None
        mark = (str(path), info.st_size, info.st_mtime_ns)
        if mark in _verified:
            continue
        check_hash(file, path.read_bytes(), str(path))
        _verified.add(mark)
    return where


def check_hash(file: File, content: bytes, where: str) -> None:
    """Raise ModelError unless the content has the file's SHA-256."""
    found = hashlib.sha256(content).hexdigest()
    if file.sha256 is not None and found != file.sha256:
        raise ModelError(
            f"{where} is not the file it should be: expected SHA-256 {file.sha256}, "
            f"found {found}; delete it and fetch again"
        )
