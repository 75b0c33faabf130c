"""Whatever a file holds, pictures come out in order of time, or a sentence says why not."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from workers.media.decode import Cells, Frame, read_frames, read_stills
from workers.media.errors import MediaError


def make(
    path,
    *,
    codec="libx264",
    layout="yuv420p",
    rate=10,
    count=20,
    size=(160, 90),
    stamps=None,
    options=None,
):
    """Write a video whose frame i has the grey level 40 + 5 i; stamps are in milliseconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = layout
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i in range(count):
            level = np.full((size[1], size[0], 3), min(40 + 5 * i, 250), np.uint8)
            level[: size[1] // 2, : size[0] // 2] //= 2
            picture = av.VideoFrame.from_ndarray(level, format="bgr24")
            if layout not in ("pal8", "rgb8"):
                picture = picture.reformat(format=layout)
            if stamps is not None:
                picture.pts, picture.time_base = stamps[i], Fraction(1, 1000)
            for packet in stream.encode(picture):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def test_every_frame_comes_in_order_with_its_time(tmp_path):
    frames = list(read_frames(make(tmp_path / "a.mp4"), start_s=1000.0))
    assert len(frames) == 20
    assert [f.index for f in frames] == list(range(20))
    assert [f.t for f in frames] == pytest.approx([1000 + i / 10 for i in range(20)], abs=0.002)
    assert frames[3].luma.shape == (90, 160)
    assert frames[3].luma.dtype == np.uint8


def test_colour_and_jpeg_are_made_at_the_width_asked_for(tmp_path):
    frame = next(read_frames(make(tmp_path / "a.mp4")))
    assert frame.bgr().shape == (90, 160, 3)
    assert frame.bgr(80).shape == (45, 80, 3)
    assert frame.bgr(4000).shape == (90, 160, 3)
    picture = cv2.imdecode(np.frombuffer(frame.jpeg(64), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (36, 64, 3)


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("a.avi", "mjpeg", "yuvj420p"),
        ("b.avi", "msmpeg4", "yuv420p"),
        ("c.mkv", "libx264", "gray"),
        ("d.mkv", "libx264", "yuv420p10le"),
        ("e.mkv", "libx264", "yuv444p"),
        ("f.ts", "libx264", "yuv420p"),
        ("g.avi", "rawvideo", "bgr24"),
        ("h.avi", "mpeg4", "yuv420p"),
        ("i.mkv", "ffv1", "gray16le"),
        ("j.mov", "mjpeg", "yuvj422p"),
    ],
)
def test_codecs_and_layouts_give_the_same_luma(tmp_path, name, codec, layout):
    frames = list(read_frames(make(tmp_path / name, codec=codec, layout=layout)))
    assert len(frames) == 20
    levels = [float(f.luma[60:, 100:].mean()) for f in frames]
    assert np.corrcoef(levels, range(20))[0, 1] > 0.98
    assert abs(levels[0] - 40) < 16
    assert frames[0].bgr(80).shape == (45, 80, 3)


def test_a_gif_is_a_video(tmp_path):
    frames = list(read_frames(make(tmp_path / "a.gif", codec="gif", layout="rgb8")))
    assert len(frames) == 20
    assert frames[-1].t == pytest.approx(1.9, abs=0.05)


@pytest.mark.parametrize(("rate", "wanted"), [(1, 20), (60, 2), (10, 10), (25, 4)])
def test_frames_are_thinned_by_time_and_never_multiplied(tmp_path, rate, wanted):
    path = make(tmp_path / "a.mp4", rate=rate)
    assert abs(len(list(read_frames(path, fps=5))) - wanted) <= 1


def test_uneven_time_stamps_are_kept(tmp_path):
    stamps = [0, 40, 300, 310, 900, 905, 2000, 2040, 2080, 5000]
    path = make(tmp_path / "a.mkv", count=10, stamps=stamps)
    assert [f.t for f in read_frames(path)] == pytest.approx([s / 1000 for s in stamps], abs=0.003)
    assert [round(f.t, 2) for f in read_frames(path, fps=1)] == [0.0, 0.9, 2.0, 5.0]


def test_time_stamps_that_go_back_do_not_turn_time_back():
    from workers.media.decode import _Clock

    clock = _Clock(100.0, 0.1)
    times = [clock.tick(stamp) for stamp in (7.0, 7.1, None, 7.3, 2.0, 2.1, 2.1, 2.05, None, 2.4)]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
    assert times[0] == 100.0
    assert times[4] == pytest.approx(100.4)
    assert times[-1] == pytest.approx(100.8)


def test_the_same_frames_are_chosen_wherever_a_recording_is_cut():
    times = [1_700_000_000.37 + i / 12.5 for i in range(100)]
    whole = Cells(5)
    chosen = [t for t in times if whole.take(t)]
    last, parts = None, []
    for begin in range(0, 100, 13):
        cells = Cells(5, last)
        parts += [t for t in times[begin : begin + 13] if cells.take(t)]
        last = cells.last
    assert parts == chosen
    assert len(chosen) == pytest.approx(40, abs=1)


def test_a_stream_in_memory_is_read_like_a_file(tmp_path):
    data = make(tmp_path / "a.mp4").read_bytes()
    assert len(list(read_frames(io.BytesIO(data)))) == 20


def test_a_fragmented_chunk_is_read(tmp_path):
    path = tmp_path / "chunk.mp4"
    with av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov"}) as out:
        stream = out.add_stream("libx264", rate=10, options={"g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for i in range(10):
            picture = av.VideoFrame.from_ndarray(
                np.full((90, 160), 10 * i, np.uint8), format="gray"
            )
            out.mux(stream.encode(picture.reformat(format="yuv420p")))
        out.mux(stream.encode())
    reader = read_frames(path)
    assert [round(f.t, 3) for f in reader] == [i / 10 for i in range(10)]
    assert reader.errors == 0


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [("a.avi", "mjpeg", "yuvj420p"), ("a.ts", "libx264", "yuv420p"), ("a.mkv", "mpeg4", "yuv420p")],
)
def test_a_truncated_file_gives_what_it_has(tmp_path, name, codec, layout):
    path = tmp_path / name
    whole = make(path, codec=codec, layout=layout, count=40, options={"g": "5"}).read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    frames = list(read_frames(cut))
    assert 5 <= len(frames) < 40


def test_a_truncated_mp4_without_its_index_says_so(tmp_path):
    whole = make(tmp_path / "a.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match=r"cut\.mp4: cannot be read as video"):
        list(read_frames(cut))


def test_damage_in_the_middle_is_skipped_and_the_rest_is_read(tmp_path):
    data = bytearray(make(tmp_path / "a.ts", count=60, options={"g": "10"}).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = np.random.default_rng(1).bytes(600)
    (tmp_path / "b.ts").write_bytes(data)
    frames = list(read_frames(tmp_path / "b.ts"))
    assert len(frames) > 40
    assert all(b.t > a.t for a, b in zip(frames, frames[1:], strict=False))


def test_a_picture_of_which_the_decoder_made_up_a_part_is_counted(tmp_path):
    path = tmp_path / "a.mp4"
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        options = {"x264-params": "bframes=0:threads=1:keyint=10"}
        stream = out.add_stream("libx264", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(20):
            picture = rng.integers(0, 255, (180, 320, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        out.mux(stream.encode())
    with av.open(str(path)) as whole:
        packet = [packet for packet in whole.demux(video=0) if packet.size][13]
    damaged = bytearray(path.read_bytes())
    for place in range(packet.pos + packet.size // 2, packet.pos + packet.size, 50):
        damaged[place] ^= 0xFF
    (tmp_path / "b.mp4").write_bytes(damaged)
    for name, errors in (("a.mp4", 0), ("b.mp4", 1)):
        reader = read_frames(tmp_path / name)
        assert len(list(reader)) == 20
        assert reader.errors == errors


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"this is not a video\n" * 50),
        ("text.txt", b"this is not a video\n" * 50),
        ("noise.avi", bytes(range(256)) * 40),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_what_is_no_video_is_refused_in_words(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=name):
        list(read_frames(path))


def test_sound_without_pictures_is_refused_in_words(tmp_path):
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        sound.rate = 8000
        out.mux(stream.encode(sound))
    with pytest.raises(MediaError, match="there is no video in it"):
        read_frames(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(MediaError, match=r"none\.mp4: no such file"):
        read_frames(tmp_path / "none.mp4")


def test_a_reader_can_be_closed_before_its_end(tmp_path):
    reader = read_frames(make(tmp_path / "a.mp4"))
    next(reader)
    reader.close()
    reader.close()
    assert list(reader) == []


def test_stills_come_in_name_order_each_of_its_own_size(tmp_path):
    for name, size in (("b.png", (40, 60)), ("a.jpg", (90, 160)), ("c.bmp", (1, 1))):
        cv2.imwrite(str(tmp_path / name), np.full((*size, 3), 80, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not a still")
    items = list(read_stills(tmp_path, fps=0.5))
    assert [getattr(i, "name", None) for i in items] == ["a.jpg", "b.png", None, "c.bmp"]
    assert [i.t for i in items if not isinstance(i, MediaError)] == [0.0, 2.0, 6.0]
    assert [i.luma.shape for i in items if not isinstance(i, MediaError)] == [
        (90, 160),
        (40, 60),
        (1, 1),
    ]
    assert "broken.jpg" in str(items[2])


def test_a_folder_without_pictures_is_refused_in_words(tmp_path):
    with pytest.raises(MediaError, match="no pictures in this folder"):
        list(read_stills(tmp_path))


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2"}], ids=["in order", "out of order"])
@pytest.mark.parametrize("start_s", [0.0, 100.13])
@pytest.mark.parametrize("fps", [1, 3, 5, 12.5])
def test_frames_after_the_last_that_is_wanted_are_not_decoded(tmp_path, options, start_s, fps):
    path = make(tmp_path / "a.mp4", rate=25, count=37, options={**options, "preset": "fast"})

    def taken(frames):
        cells = Cells(fps)
        return [(f.t, f.index, int(f.luma[60, 120])) for f in frames if cells.take(f.t)]

    whole, spared = (
        read_frames(path, start_s=start_s),
        read_frames(path, start_s=start_s, wanted_fps=fps),
    )
    assert taken(spared) == taken(whole)
    assert spared.errors == 0
    assert whole.frames == 37
    if options["bf"] == "0":
        assert spared.frames == taken(read_frames(path, start_s=start_s))[-1][1] + 1
    else:
        assert spared.frames == 37


def test_a_chunk_that_was_cut_off_is_decoded_as_far_as_it_goes_without_its_tail(tmp_path):
    data = make(tmp_path / "a.ts", count=40).read_bytes()
    (tmp_path / "b.ts").write_bytes(data[: len(data) * 2 // 3])
    whole = [f.t for f in read_frames(tmp_path / "b.ts")]
    spared = [f.t for f in read_frames(tmp_path / "b.ts", wanted_fps=5)]
    assert spared == whole[: len(spared)]
    assert len(whole) - 4 <= len(spared)


LAYOUTS = {
    "limited": ("libx264", "yuv420p"),
    "full": ("libx264", "yuvj420p"),
    "a camera's JPEG": ("mjpeg", "yuvj420p"),
    "full of all colours": ("libx264", "yuvj444p"),
    "10 bits": ("libx264", "yuv420p10le"),
    "10 bits of 4:2:2": ("libx264", "yuv422p10le"),
    "RGB": ("ffv1", "bgr0"),
}


def scene(level):
    """Return a picture (90, 160, 3) of soft coloured patches, about so bright."""
    rng = np.random.default_rng(3)
    return cv2.resize(
        np.clip(rng.normal(level, 0.5 * level, (5, 8, 3)), 0, 255).astype(np.uint8), (160, 90)
    )


def first(path, picture, *, codec, layout):
    """Write a picture as a video of one frame, and return what is read of it."""
    with av.open(str(path), "w") as out:
        options = {"crf": "4"} if codec == "libx264" else {}
        stream = out.add_stream(codec, rate=5, options=options)
        stream.width, stream.height = picture.shape[1], picture.shape[0]
        stream.pix_fmt = layout
        sent = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=layout)
        for packet in [*stream.encode(sent), *stream.encode()]:
            out.mux(packet)
    return next(read_frames(path))


@pytest.mark.parametrize("level", [24, 120])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_picture_is_as_bright_whatever_its_range_and_bits(tmp_path, layout, level):
    picture = scene(level)
    usual = first(tmp_path / "usual.mkv", picture, codec="libx264", layout="yuv420p")
    codec, stored = LAYOUTS[layout]
    frame = first(tmp_path / "other.mkv", picture, codec=codec, layout=stored)
    assert frame.luma.dtype == np.uint8
    assert float(frame.luma.mean()) == pytest.approx(float(usual.luma.mean()), abs=0.6)
    assert np.abs(frame.luma.astype(int) - usual.luma).mean() < 1.5
    # In colour too, whole and cut out.
    assert np.abs(frame.bgr().astype(int) - picture).mean() < 5
    cut = frame.crop(40, 20, 100, 60).astype(int)
    assert np.abs(cut - picture[20:60, 40:100]).mean() < 5


def test_a_picture_that_only_says_it_has_the_full_range_is_taken_at_its_word():
    grey = av.VideoFrame.from_ndarray(np.full((135, 160), 128, np.uint8), format="yuv420p")
    for plane, value in zip(grey.planes, (20, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    assert int(Frame(0.0, 0, grey).luma.mean()) == 20
    grey.color_range = 2
    frame = Frame(0.0, 0, grey)
    assert int(frame.luma.mean()) == 33
    assert frame.bgr().mean() == pytest.approx(20, abs=1)
    assert frame.crop(0, 0, 64, 64).mean() == pytest.approx(20, abs=1.5)
