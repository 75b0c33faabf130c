"""The list of photographs to train on, and how they are taken out of packages."""

import hashlib
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from workers.train import pictures


def scene(seed: int, width: int = 400, height: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (12, 16, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def source_of(archive: Path, **changes) -> pictures.Source:
    values = {
        "name": "some",
        "manager": "npm",
        "package": "some@1",
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "licence": "MIT",
        "take": ("*/photos/*.jpg",),
        "leave": ("*/logo*",),
    }
    return pictures.Source(**(values | changes))


@pytest.fixture
def archive(tmp_path) -> Path:
    folder = tmp_path / "package" / "photos"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "a.jpg"), scene(1, 1600, 1200))
    cv2.imwrite(str(folder / "a-small.jpg"), scene(1, 400, 300))
    cv2.imwrite(str(folder / "b.jpg"), scene(2))
    cv2.imwrite(str(folder / "tiny.jpg"), scene(3, 60, 40))
    cv2.imwrite(str(folder / "logo.jpg"), scene(4))
    (folder / "broken.jpg").write_bytes(b"not a picture")
    path = tmp_path / "some.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    return path


def test_every_source_is_pinned_and_states_its_licence() -> None:
    listed = pictures.sources()
    assert len({s.name for s in listed}) == len(listed)
    for s in listed:
        assert len(s.sha256) == 64, s.name
        assert "=" in s.package or "@" in s.package[1:], s.name
        assert s.licence, s.name
        assert not any(word in s.licence for word in ("NC", "non-commercial")), s.name


def test_takes_each_photograph_once_and_small(archive, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pictures, "sources", lambda: [source_of(archive)])
    monkeypatch.setattr(pictures, "fetch", lambda source, cache: archive)
    out = tmp_path / "out"
    # Of two sizes of one picture one stays; the logo, the tiny and the broken one do not.
    assert pictures.collect(out, tmp_path / "cache") == 2
    sizes = {max(cv2.imread(str(p)).shape[:2]) for p in out.glob("*.jpg")}
    assert sizes == {400}
    told = (out / "SOURCES.md").read_text()
    assert told.startswith("# 2 photographs")
    assert "MIT" in told


def test_an_archive_that_is_not_the_listed_one_is_refused(archive, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_download", lambda source, work: archive)
    with pytest.raises(pictures.PictureError, match="expected " + "0" * 64):
        pictures.fetch(source_of(archive, sha256="0" * 64), tmp_path)


def test_a_source_out_of_reach_is_left_out_and_said(archive, tmp_path, monkeypatch) -> None:
    lost = source_of(archive, name="lost", manager="nowhere")
    here = source_of(archive)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"some-{here.sha256[:16]}").write_bytes(archive.read_bytes())
    monkeypatch.setattr(pictures, "sources", lambda: [lost, here])
    assert pictures.collect(tmp_path / "out", tmp_path / "cache") == 2
    assert "left out: unknown manager" in (tmp_path / "out" / "SOURCES.md").read_text()


def test_the_hash_knows_a_photograph_at_another_size() -> None:
    same = pictures.look(scene(5, 800, 600)) != pictures.look(scene(5, 300, 225))
    other = pictures.look(scene(5)) != pictures.look(scene(6))
    assert same.sum() < pictures.SAME_BITS < other.sum()
