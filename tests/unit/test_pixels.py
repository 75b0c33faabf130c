"""A stream whose pixels are not square is looked at in the shape in which it is shown."""

from fractions import Fraction
from io import BytesIO

import av
import cv2
import numpy as np
import pytest

from workers.media.decode import read_frames
from workers.media.probe import probe
from workers.media.transcode import Transcoder


def film(path, size, ratio=None, full=False, count=5):
    """Write a disc that is round as it is shown 4 by 3, in a stream of so many pixels."""
    shown = np.full((576, 768, 3), 40, np.uint8)
    cv2.circle(shown, (384, 288), 150, (200, 200, 200), -1)
    stored = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=5)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if full else "yuv420p"
        if ratio is not None:
            stream.codec_context.sample_aspect_ratio = ratio
        for i in range(count):
            picture = av.VideoFrame.from_ndarray(stored, format="bgr24")
            picture = picture.reformat(format=stream.pix_fmt)
            picture.pts = i
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path


def disc(luma):
    """Return a bright disc's width by its height, in pixels."""
    rows, columns = np.nonzero(luma > 120)
    return np.ptp(columns) / np.ptp(rows)


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ((352, 576), Fraction(24, 11)),  # half of the columns
        ((704, 288), Fraction(6, 11)),  # half of the lines
        ((720, 576), Fraction(1, 2)),  # any other
        ((352, 576), None),  # half of the columns, and nothing says so
        ((704, 240), None),
        ((352, 480), Fraction(1)),
    ],
)
def test_pixels_that_are_not_square_are_made_square(tmp_path, size, ratio):
    frame = next(read_frames(film(tmp_path / "a.mp4", size, ratio)))
    round_as = 1.0 if size != (720, 576) else 720 / 768 / 2
    assert disc(frame.luma) == pytest.approx(round_as, rel=0.03)
    assert disc(cv2.cvtColor(frame.bgr(416), cv2.COLOR_BGR2GRAY)) == pytest.approx(
        round_as, rel=0.03
    )
    assert frame.luma.shape == (frame.height, frame.width)
    assert frame.crop(0, 0, frame.width, frame.height).shape == (frame.height, frame.width, 3)


@pytest.mark.parametrize("size", [(640, 360), (720, 576), (352, 288)])
def test_pixels_that_are_square_or_nearly_so_stay_as_they_are(tmp_path, size):
    ratio = Fraction(16, 15) if size == (720, 576) else None
    frame = next(read_frames(film(tmp_path / "a.mp4", size, ratio)))
    assert (frame.width, frame.height) == size


def test_a_stretched_picture_keeps_its_times_and_its_range_of_brightness(tmp_path):
    plain = list(read_frames(film(tmp_path / "a.mp4", (768, 576), full=True)))
    half = list(read_frames(film(tmp_path / "b.mp4", (352, 576), Fraction(24, 11), full=True)))
    assert [f.t for f in half] == [f.t for f in plain]
    assert half[0].brought and half[0].luma.min() == pytest.approx(plain[0].luma.min(), abs=2)
    assert half[0].luma.max() == pytest.approx(plain[0].luma.max(), abs=2)


def test_the_picture_that_zones_are_drawn_in_has_the_same_shape(tmp_path):
    found = probe(str(film(tmp_path / "a.mp4", (352, 576), Fraction(24, 11), count=12)))
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert disc(picture) == pytest.approx(1.0, rel=0.03)


def test_a_stream_that_is_encoded_anew_still_says_its_pixels_shape(tmp_path):
    with av.open(str(film(tmp_path / "a.mp4", (352, 576)))) as source:
        again = Transcoder(source.streams.video[0], 5.0, 1.0)
        out = BytesIO()
        with av.open(out, "w", format="mp4") as file:
            stream = file.add_stream_from_template(again.encoder.stream)
            packets = [
                p for packet in source.demux(video=0) if packet.size for p in again.push(packet)
            ]
            for packet in [*packets, *again.drain(), *again.encoder.flush()]:
                packet.stream = stream
                file.mux(packet)
    out.seek(0)
    assert disc(next(read_frames(out)).luma) == pytest.approx(1.0, rel=0.03)
