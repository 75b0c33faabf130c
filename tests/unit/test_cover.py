"""What is covered cannot be seen any more, in pictures and in films, and the rest stays."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from workers.media.cover import COLOUR, blur, cover_film, cover_jpeg
from workers.media.errors import MediaError
from workers.vision.boxes import Box

CORNER = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5]]
FACE = (0.6, 0.5, 0.8, 0.9)


def checkers(width: int = 320, height: int = 180) -> np.ndarray:
    """A picture with detail everywhere."""
    y, x = np.mgrid[:height, :width]
    return np.repeat((((x // 4 + y // 4) % 2) * 200 + 20).astype(np.uint8)[:, :, None], 3, axis=2)


def film(path: Path, seconds: float = 2, fps: int = 10, late: int = 0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        for i in range(int(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(checkers(), format="bgr24")
            frame.pts = i + late * (i > 4)  # a hole after the fifth picture
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [(f.time, f.to_ndarray(format="bgr24")) for f in container.decode(video=0)]


class Once:
    """Finds a person in one picture alone, as a detector that misses most does."""

    def __init__(self, at: int) -> None:
        self.at, self.asked = at, 0

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        self.asked += 1
        return [[Box("person", FACE, 0.4)] if self.asked == self.at else [] for _ in pictures]


def detail(picture: np.ndarray, box: tuple[float, float, float, float]) -> float:
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    part = picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    return float(cv2.Laplacian(part, cv2.CV_64F).std())


def test_a_mask_is_one_colour_in_a_picture_and_nothing_else_changes():
    good, data = cv2.imencode(".jpg", checkers())
    assert good
    found = cv2.imdecode(np.frombuffer(cover_jpeg(data.tobytes(), [CORNER]), np.uint8), 1)
    assert np.abs(found[8:80, 8:150].astype(int) - COLOUR[0]).max() < 8
    assert detail(found, (0.55, 0.55, 1, 1)) > 100
    assert cover_jpeg(data.tobytes(), []) == data.tobytes()


def test_a_still_s_people_are_blurred_found_or_known(tmp_path):
    data = cv2.imencode(".jpg", checkers())[1].tobytes()
    other = [0.05, 0.5, 0.25, 0.9]
    covered = cover_jpeg(data, [], people=Once(at=1), known=[other])
    found = cv2.imdecode(np.frombuffer(covered, np.uint8), 1)
    assert detail(found, FACE) < 15 and detail(found, tuple(other)) < 15
    assert detail(found, (0.3, 0.05, 0.9, 0.35)) > 100


def test_what_is_no_picture_is_refused_and_not_passed_on():
    with pytest.raises(MediaError):
        cover_jpeg(b"not a picture", [CORNER])


def test_a_blurred_person_keeps_a_few_cells_and_no_detail():
    picture = checkers()
    before = detail(picture, FACE)
    blur(picture, [FACE])
    assert detail(picture, FACE) < before / 20
    assert detail(picture, (0.0, 0.0, 0.4, 0.4)) == pytest.approx(before, rel=0.2)


def test_a_film_is_covered_in_every_picture_and_keeps_its_times(tmp_path):
    source = film(tmp_path / "a.mp4", late=7)
    before = source.read_bytes()
    told = cover_film(source, tmp_path / "b.mp4", masks=[CORNER])
    assert source.read_bytes() == before
    shown, original = pictures(tmp_path / "b.mp4"), pictures(source)
    assert told.pictures == len(shown) == len(original) == 20
    assert [at for at, _ in shown] == pytest.approx([at for at, _ in original], abs=0.002)
    for _at, picture in shown:
        assert np.abs(picture[8:80, 8:150].astype(int) - COLOUR[0]).max() < 12
        assert detail(picture, (0.55, 0.55, 1, 1)) > 60


def test_who_is_seen_once_is_covered_before_and_after_as_well(tmp_path):
    source = film(tmp_path / "a.mp4", seconds=4)
    told = cover_film(source, tmp_path / "b.mp4", masks=[], people=Once(at=6))
    assert told.people == 1
    covered = [at for at, p in pictures(tmp_path / "b.mp4") if detail(p, FACE) < 15]
    # The sixth look is at 1.5 s (every third picture); 0.75 s on both sides.
    assert covered[0] == pytest.approx(0.8, abs=0.11) and covered[-1] == pytest.approx(
        2.2, abs=0.11
    )
    assert len(covered) == pytest.approx(15, abs=1)


def test_a_film_that_cannot_be_decoded_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0" * 500)
    with pytest.raises(MediaError):
        cover_film(tmp_path / "a.mp4", tmp_path / "b.mp4", masks=[CORNER])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4"]
