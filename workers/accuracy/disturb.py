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
    grain = _Grain(rng, 4.0)
    veil: dict[tuple[int, ...], np.ndarray] = {}

    def change(picture: np.ndarray, t: float) -> np.ndarray:
        shape = picture.shape[:2]
        if shape not in veil:
            light = np.clip(_discs(shape, discs), 0, 255).astype(np.uint8)
            veil[shape] = np.repeat(light[..., None], 3, axis=2)
        return grain.over(cv2.add(cv2.LUT(picture, table), veil[shape]))

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
    grain, place = _Grain(rng, rng.uniform(0.5, 5)), rng.uniform(0, 1, 2)

    def change(picture: np.ndarray, t: float) -> np.ndarray:
        high, wide = picture.shape[:2]
        level = gain * (1 + swing * np.sin(2 * np.pi * rate * t))
        x, y = np.linspace(0, 1, 40) - place[0], np.linspace(0, 1, 30) - place[1]
        lamp = np.exp(-8 * y * y)[:, None] * np.exp(-8 * x * x)[None]
        pulse = flicker * np.sin(2 * np.pi * hertz * t)
        light = cv2.resize((level * (1 + pulse * lamp)).astype(np.float32), (wide, high))
        lit = cv2.multiply(picture, cv2.merge([light] * 3), dtype=cv2.CV_8U)
        return grain.over(lit)

    return change


def retake(seed: int) -> Change:
    """Return a change that no figure should depend on: the same scene filmed again.

    Noise of two grey levels and an exposure within 3 %. What figures move by under it is noise.
    """
    rng = np.random.default_rng(seed)
    gain, grain = float(rng.uniform(0.97, 1.03)), _Grain(rng, 2.0)
    return lambda picture, t: grain.over(cv2.convertScaleAbs(picture, alpha=gain))


class _Grain:
    """Sensor noise, partly smooth as a camera's is; sigma in grey levels.

    One large field is drawn once and cut anew for each picture: drawing every value again would
    take most of a long run's time.
    """

    MARGIN = 96

    def __init__(self, rng: np.random.Generator, sigma: float) -> None:
        self.rng, self.sigma = rng, sigma
        self.field: np.ndarray | None = None
        self.shape: tuple[int, ...] = ()

    def over(self, picture: np.ndarray) -> np.ndarray:
        """Return the picture with noise on it, cut off at 0 and 255."""
        high, wide = picture.shape[:2]
        if self.field is None or self.shape != (high, wide):
            self.field, self.shape = self._draw(high, wide), (high, wide)
        y, x = self.rng.integers(0, self.MARGIN, 2)
        cut = self.field[y : y + high, x : x + wide]
        if self.rng.random() < 0.5:
            return cv2.subtract(picture, cut, dtype=cv2.CV_8U)
        return cv2.add(picture, cut, dtype=cv2.CV_8U)

    def _draw(self, high: int, wide: int) -> np.ndarray:
        rows, columns = high + self.MARGIN, wide + self.MARGIN
        grain = self.rng.standard_normal((rows, columns), dtype=np.float32)
        grain = 0.6 * grain + 1.4 * cv2.blur(grain, (3, 3))
        coarse = (rows // 4 + 1, columns // 4 + 1, 3)
        colour = self.rng.standard_normal(coarse, dtype=np.float32)
        field = grain[..., None] + 0.5 * cv2.resize(colour, (columns, rows))
        return np.round(self.sigma * field).astype(np.int16)


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
