"""The same clip under other light: what a figure should not depend on, and what it may.

Every change is made of a seed, so that a run can be repeated. Pictures are BGR (H, W, 3) uint8.
"""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import cv2
import numpy as np

from workers.media.decode import Frame, read_frames

Change = Callable[[np.ndarray, float], np.ndarray]
# sRGB to linear light and back, near enough.
GAMMA = 2.2
# Light that is left when a scene is darkened, of what there was.
DARK = 0.12


def darken(seed: int) -> Change:
    """Return a change to 12 % of the linear light, with sensor noise and one to three glare discs.

    The discs stand still, as lamps do; the noise is new in every picture.
    """
    rng = np.random.default_rng(seed)
    curve = np.clip(np.round(255 * (DARK * (np.arange(256) / 255) ** GAMMA) ** (1 / GAMMA)), 0, 255)
    table = curve.astype(np.uint8)
    discs = [tuple(rng.uniform(0, 1, 3)) for _ in range(int(rng.integers(1, 4)))]
    veil: dict[tuple[int, ...], np.ndarray] = {}

    def change(picture: np.ndarray, t: float) -> np.ndarray:
        shape = picture.shape[:2]
        if shape not in veil:
            veil[shape] = _discs(shape, discs)
        dark = cv2.LUT(picture, table).astype(np.float32)
        dark += veil[shape][..., None]
        return _noise(dark, rng, 4.0)

    return change


def _discs(shape: tuple[int, ...], discs: Sequence[Sequence[float]]) -> np.ndarray:
    """Draw lamps that look into the lens: a saturated core with a glow around it."""
    high, wide = shape
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    light = np.zeros(shape, np.float32)
    for left, top, size in discs:
        # In the upper half, where lamps hang; some glow falls on the people all the same.
        away = np.hypot(x - left * wide, y - 0.55 * top * high) / (high * (0.02 + 0.03 * size))
        light += np.where(away < 1, 255.0, 160.0 / np.maximum(away, 1) ** 2)
    return light


def fresh(seed: int) -> Change:
    """Return a change as between two nights of one camera: exposure, flicker and noise differ.

    Exposure within 15 %, swinging slowly; a lamp that flickers by up to 12 %; noise of up to 5
    grey levels.
    """
    rng = np.random.default_rng(seed)
    gain, swing, rate = rng.uniform(0.85, 1.15), rng.uniform(0, 0.08), rng.uniform(0.02, 0.2)
    flicker, hertz = rng.uniform(0, 0.12), rng.uniform(0.5, 6)
    sigma, place = rng.uniform(0.5, 5), rng.uniform(0, 1, 2)

    def change(picture: np.ndarray, t: float) -> np.ndarray:
        high, wide = picture.shape[:2]
        level = gain * (1 + swing * np.sin(2 * np.pi * rate * t))
        x = np.linspace(0, 1, wide, dtype=np.float32) - place[0]
        y = np.linspace(0, 1, high, dtype=np.float32) - place[1]
        lamp = np.exp(-8 * y * y)[:, None] * np.exp(-8 * x * x)[None]
        pulse = flicker * np.sin(2 * np.pi * hertz * t)
        lit = picture * (level * (1 + pulse * lamp)).astype(np.float32)[..., None]
        return _noise(lit, rng, sigma)

    return change


def retake(seed: int) -> Change:
    """Return a change that no figure should depend on: the same scene filmed again.

    Noise of two grey levels and an exposure within 3 %. What figures move by under it is noise.
    """
    rng = np.random.default_rng(seed)
    gain = rng.uniform(0.97, 1.03)
    return lambda picture, t: _noise(picture * np.float32(gain), rng, 2.0)


def _noise(picture: np.ndarray, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Add sensor noise, partly smooth as a camera's is; float32 to uint8."""
    high, wide = picture.shape[:2]
    # One draw for luma and a coarse one for colour: a draw per value costs most of a long run.
    grain = rng.standard_normal((high, wide), dtype=np.float32)
    grain = 0.6 * grain + 1.4 * cv2.blur(grain, (3, 3))
    colour = rng.standard_normal((high // 4 + 1, wide // 4 + 1, 3), dtype=np.float32)
    picture = picture + sigma * grain[..., None]
    picture += 0.5 * sigma * cv2.resize(colour, (wide, high))
    return np.clip(picture, 0, 255).astype(np.uint8)


def recode(frames: Sequence[Frame], fps: float, bit_rate: int = 500_000) -> list[Frame]:
    """Send pictures through H.264 as a camera would; times stay what they were."""
    data = io.BytesIO()
    high, wide = frames[0].height // 2 * 2, frames[0].width // 2 * 2
    with av.open(data, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
        stream.bit_rate = bit_rate
        stream.options = {"preset": "veryfast", "x264-params": "bframes=0:threads=1:keyint=50"}
        for index, frame in enumerate(frames):
            picture = np.ascontiguousarray(frame.bgr()[:high, :wide])
            shot = av.VideoFrame.from_ndarray(picture, format="bgr24")
            shot.pts = index
            container.mux(stream.encode(shot))
        container.mux(stream.encode())
    data.seek(0)
    # Copies: a decoder's pictures hold its memory.
    back = [frame.bgr() for frame in read_frames(data)]
    return [Frame(f.t, f.index, picture) for f, picture in zip(frames, back, strict=True)]
