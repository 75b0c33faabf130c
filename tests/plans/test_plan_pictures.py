"""What is taken in as the picture of a plan, and what is refused with a sentence."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from apps.plans import pictures
from apps.plans.pictures import take_in


def drawn(kind: str = ".png", width: int = 300, height: int = 200, channels: int = 3) -> bytes:
    pixels = np.full((height, width, channels), 255, np.uint8)
    cv2.line(pixels, (0, 0), (width, height), (0,) * (channels - 1) + (255,), 3)
    return cv2.imencode(kind, pixels)[1].tobytes()


def refused(body: bytes) -> str:
    with override("en"), pytest.raises(ValidationError) as caught:
        take_in(body)
    return caught.value.messages[0]


def png_of(width: int, height: int) -> bytes:
    """Claim a size in a header, with next to nothing behind it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100_000)
    chunks = b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data)
    )
    return pictures.PNG + chunks


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_png_and_jpeg_are_kept_at_their_size(kind: str):
    picture = take_in(drawn(kind))
    assert (picture.width, picture.height) == (300, 200)
    again = cv2.imdecode(np.frombuffer(picture.body, np.uint8), cv2.IMREAD_COLOR)
    assert again.shape == (200, 300, 3)


def test_what_is_kept_carries_nothing_beside_the_picture():
    hidden = drawn(".jpg") + b"<script>alert(1)</script>"
    assert b"script" not in take_in(hidden).body


def test_lines_on_nothing_are_lines_on_paper():
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[100, :, 3] = 255
    picture = take_in(cv2.imencode(".png", pixels)[1].tobytes())
    paper = cv2.imdecode(np.frombuffer(picture.body, np.uint8), cv2.IMREAD_COLOR)
    assert paper[0, 0].tolist() == [255, 255, 255] and paper[100, 5].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "body", [b"", b"%PDF-1.7", b"GIF89a" + b"\0" * 99, b"<svg/>", b"PK\3\4", b"\0" * 999]
)
def test_what_is_no_picture_is_refused_whatever_its_name(body: bytes):
    assert "no PNG or JPEG" in refused(body)


def test_a_small_file_that_would_unpack_to_gigabytes_is_refused_unopened():
    assert "too large: 60000 × 60000" in refused(png_of(60_000, 60_000))


def test_a_picture_that_lies_about_its_size_is_refused():
    assert "cannot be opened" in refused(png_of(300, 200)[:-40])


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_a_picture_cut_off_in_its_header_is_refused(kind: str):
    assert "damaged" in refused(drawn(kind)[:20])


def test_a_jpeg_of_thousands_of_scans_is_refused_unopened():
    assert "damaged" in refused(drawn(".jpg")[:-2] + b"\xff\xda\x00\x02" * 5000)


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 1_000_000)
    assert refused(pictures.PNG + b"\0" * 1_000_000) == "Expected at most 1 MB, found 2 MB."


def test_a_wide_picture_is_kept_smaller(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "KEPT_SIDE", 150)
    picture = take_in(drawn())
    assert (picture.width, picture.height) == (150, 100)
