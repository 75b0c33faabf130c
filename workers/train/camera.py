"""The camera of training pictures: linear light in, any exposure, air, lens, sensor and codec out.

Every picture of a step passes here, so the work is done at the size of the network's input with
look-up tables and shared noise. The film curve is that of `workers.simulate.optics`; the ranges are
wider than any one camera's, so that another renderer or a real camera falls inside them.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

# Training pictures hold 65535 * sqrt(min(1, linear / FULL)).
FULL = 8.0
# Entries of the tone curve, even in the square root of light, up to LIGHT_TOP.
STEPS = 4096
LIGHT_TOP = 16.0
# Contrast of luma, beyond that of the noise, under which nobody can be seen.
FAINT = 4.0
SATURATED = 235
# Variance of noise: constant, and by level of light.
READ, SHOT = 0.6, 2 / 255


@dataclass(frozen=True)
class Look:
    """What one random camera does to a picture."""

    luma: float  # mean luma 0..255 aimed at
    bloom: float
    streak: float
    lamps: float  # how much brighter lamps are than the stored picture can tell
    discs: int  # added lamps that look into the lens
    haze: float  # share of light replaced by lit dust, 0..1
    noise: float  # in levels at full gain
    blur: float  # sigma in pixels
    shake: float  # length of a motion blur in pixels
    infrared: bool
    gamma: float
    saturation: float
    cast: tuple[float, float, float]  # gains of red, green, blue
    texture: float  # strength of a random change of surfaces
    quality: int  # JPEG quality; 0: none
    washed: bool  # a codec short of bits: blocks smoothed, detail gone


def random_look(rng: np.random.Generator, night: float = 0.7) -> Look:
    """Draw a camera; night: share of pictures with a mean luma under about 50."""
    if rng.random() < night:
        luma = float(np.exp(rng.uniform(np.log(8), np.log(50))))
        if rng.random() < 0.5:
            luma = float(rng.uniform(20, 45))
    else:
        luma = float(rng.uniform(45, 115))
    gain = 85 / luma
    noise = float(rng.exponential(1.6)) * min(gain, 5) ** 0.45
    hue = float(rng.choice([0.04, 0.12, 0.25], p=[0.5, 0.35, 0.15]))
    cast = np.exp(rng.normal(0, hue, 3))
    return Look(
        luma=luma,
        bloom=float(rng.choice([0, 0.3, 1, 2], p=[0.2, 0.3, 0.3, 0.2])),
        streak=float(rng.choice([0, 1, 3], p=[0.6, 0.25, 0.15])),
        lamps=float(np.exp(rng.uniform(0, 4.1)) if rng.random() < 0.6 else 1),
        discs=int(rng.choice([0, 1, 2, 3], p=[0.62, 0.2, 0.12, 0.06])),
        haze=float(rng.choice([0, rng.uniform(0.05, 0.6)], p=[0.7, 0.3])),
        noise=min(noise, 14.0),
        blur=float(rng.choice([0, rng.uniform(0.3, 1.4)], p=[0.6, 0.4])),
        shake=float(rng.choice([0, rng.uniform(2, 6)], p=[0.88, 0.12])),
        infrared=bool(rng.random() < 0.22),
        gamma=float(np.exp(rng.normal(0, 0.15))),
        saturation=float(rng.uniform(0.35, 1.35)),
        cast=(float(cast[0]), float(cast[1]), float(cast[2])),
        texture=float(rng.uniform(0.05, 0.5)) if rng.random() < 0.5 else 0.0,
        quality=int(rng.integers(18, 92)) if rng.random() < 0.85 else 0,
        washed=bool(rng.random() < 0.15),
    )


def decode(stored: np.ndarray) -> np.ndarray:
    """Turn a stored picture, uint16 BGR, into linear RGB float32 (H, W, 3)."""
    return (_linear_table() * np.float32(1))[stored[..., ::-1]]


def undevelop(display: np.ndarray, curve: str) -> np.ndarray:
    """Guess the linear RGB light of a uint8 BGR picture by the curve "film" or "gamma"."""
    return _undevelop_table(curve)[display[..., ::-1]]


def photograph(
    linear: np.ndarray, look: Look, rng: np.random.Generator, heads: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Take a picture of linear RGB light (H, W, 3) through a camera.

    heads: points (N, 2) in pixels where a cap lamp may shine into the lens. Returns the picture,
    uint8 BGR, and the luma (H, W) in levels that there would be without noise and codec.
    """
    height, width = linear.shape[:2]
    light = linear
    if look.texture:
        light = light * _texture(rng, height, width, look.texture)
    if look.lamps > 1:
        # Light beyond FULL was cut off; all that shines is there.
        source = np.clip((linear.max(2) - 0.8 * FULL) / (0.2 * FULL), 0, 1)
        light = light * (1 + np.float32(look.lamps - 1) * source)[..., None]
    light = light * np.asarray(look.cast, np.float32)
    light = light * np.float32(_exposure(light, look.luma))
    if look.haze:
        light = _haze(light, look.haze, rng)
    if look.discs:
        light = _discs(light, look.discs, rng, heads)
    if look.bloom:
        light = _bloom(light, look.bloom, look.streak)
    shown = _tone_table()[
        (np.sqrt(np.clip(light, 0, LIGHT_TOP)) * np.float32((STEPS - 1) / LIGHT_TOP**0.5)).astype(
            np.int32
        )
    ]
    if look.gamma != 1:
        # By a table in levels: a power of every pixel costs ten times as much.
        table = (np.linspace(0, 1, 1024) ** look.gamma * 255).astype(np.float32)
        shown = table[(shown * (1023 / 255)).astype(np.int32)]
    grey = shown @ np.array([0.299, 0.587, 0.114], np.float32)
    if look.infrared:
        # Near infrared: clothes are bright, colours gone; any mix of the channels will do.
        mix = rng.dirichlet((1.5, 1.5, 1.5)).astype(np.float32)
        grey = shown @ mix
        shown = np.repeat(grey[..., None], 3, 2)
    else:
        shown = grey[..., None] + (shown - grey[..., None]) * np.float32(look.saturation)
    if look.blur:
        shown = cv2.GaussianBlur(shown, (0, 0), look.blur)
    if look.shake:
        shown = _shake(shown, look.shake, rng)
    if look.noise:
        shown = shown + _noise(rng, grey, look.noise, look.infrared)
    picture = np.clip(shown[..., ::-1] + np.float32(0.5), 0, 255).astype(np.uint8)
    return codec(picture, look.quality, look.washed), grey


def codec(picture: np.ndarray, quality: int, washed: bool) -> np.ndarray:
    """Press a BGR picture as JPEG does; washed: smooth the blocks as H.264 short of bits does."""
    if not quality:
        return picture
    if washed:
        quality = min(quality, 30)
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    pressed = cv2.imdecode(cv2.imencode(".jpg", picture, flags)[1], cv2.IMREAD_COLOR)
    pressed = np.asarray(pressed, np.uint8)
    return np.asarray(cv2.medianBlur(pressed, 3)) if washed else pressed


def can_be_seen(grey: np.ndarray, box: np.ndarray, noise: float) -> bool:
    """Tell whether a person in box, pixels, stands out of the noise in the noiseless luma.

    Looks at cells of about a twelfth of the box's height in and just around it, less what changes
    slowly (a lamp's glow). A person as dark as the wall behind, or drowned in light, gives none of
    the contrast that a label would ask to be seen.
    """
    left, top, right, bottom = box
    cell = max(1.0, (bottom - top) / 12)
    grow = 0.15 * (bottom - top)
    x0, y0 = int(max(0, left - grow)), int(max(0, top - grow))
    x1, y1 = int(np.ceil(max(right + grow, 0))), int(np.ceil(max(bottom + grow, 0)))
    part = grey[y0:y1, x0:x1]
    if part.shape[0] < 2 or part.shape[1] < 2 or float((part > SATURATED).mean()) > 0.5:
        return False
    size = (max(2, round(part.shape[1] / cell)), max(2, round(part.shape[0] / cell)))
    cells = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    cells = cells - cv2.GaussianBlur(cells, (0, 0), 3.0)
    low, high = np.percentile(cells, (8, 92))
    # Averaging a cell shrinks the fine noise; what stays is coarse.
    return bool(high - low > FAINT + 2.5 * noise / np.sqrt(cell))


def _exposure(light: np.ndarray, luma: float) -> float:
    """Return the gain that brings the mean luma of the toned picture to luma, by bisection."""
    small = cv2.resize(light, (48, 32), interpolation=cv2.INTER_AREA)
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    table, scale = _tone_table(), np.float32((STEPS - 1) / LIGHT_TOP**0.5)
    root = np.sqrt(np.clip(small, 0, 1e4)) * scale
    low, high = 1e-3, 1e4
    for _ in range(18):
        middle = float(np.sqrt(low * high))
        shown = table[np.minimum(root * np.float32(middle**0.5), STEPS - 1).astype(np.int32)]
        if float((shown @ weights).mean()) < luma:
            low = middle
        else:
            high = middle
    return float(np.sqrt(low * high))


def _texture(rng: np.random.Generator, height: int, width: int, strength: float) -> np.ndarray:
    """Make a smooth random gain (H, W, 1) of several scales: other walls, lamps and shadows."""
    total = np.zeros((height, width), np.float32)
    for cells in (3, 7, 16, 40):
        rows = max(2, round(cells * height / width))
        coarse = rng.standard_normal((rows, cells), dtype=np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / np.float32(
            cells**0.35
        )
    return np.exp(np.float32(strength) * total)[..., None]


def _haze(light: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Replace a share of the light, uneven over the picture, by lit dust."""
    height, width = light.shape[:2]
    coarse = rng.uniform(0.4, 1.6, (3, 5)).astype(np.float32)
    veil = np.clip(share * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    air = light.mean((0, 1)) * np.float32(rng.uniform(0.7, 2.0))
    return light * (1 - veil[..., None]) + air * veil[..., None]


def _discs(
    light: np.ndarray, count: int, rng: np.random.Generator, heads: np.ndarray | None
) -> np.ndarray:
    """Add lamps that look into the lens; some of them on people's heads."""
    height, width = light.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    light = light.copy()
    for _ in range(count):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height * 0.8))
        if heads is not None and len(heads) and rng.random() < 0.4:
            x, y = (float(v) for v in heads[rng.integers(len(heads))])
        radius = float(np.exp(rng.uniform(np.log(0.7), np.log(0.03 * width))))
        distance = ((xs - x) ** 2 + (ys - y) ** 2) / radius**2
        power = np.float32(np.exp(rng.uniform(np.log(2), np.log(30))))
        spot = np.exp(-np.minimum(distance, 60))
        halo = np.float32(rng.uniform(0.001, 0.03)) / (1 + distance / 16) ** np.float32(1.5)
        tint = np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
        light += (power * (spot + halo))[..., None] * tint
    return light


def _bloom(light: np.ndarray, bloom: float, streak: float) -> np.ndarray:
    height, width = light.shape[:2]
    small = cv2.resize(light, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    bright = np.clip(small - 1.0, 0, 60.0)
    if not bright.any():
        return light
    unit = width / 640
    glow = 0.55 * cv2.GaussianBlur(bright, (0, 0), 2.0 * unit)
    glow += 0.30 * cv2.GaussianBlur(bright, (0, 0), 7.0 * unit)
    glow += 0.25 * cv2.GaussianBlur(bright, (0, 0), 20.0 * unit)
    if streak:
        glow += 0.3 * streak * cv2.GaussianBlur(bright, (0, 0), sigmaX=30 * unit, sigmaY=0.6)
    full = cv2.resize(glow, (width, height), interpolation=cv2.INTER_LINEAR)
    return light + np.float32(bloom) * full


def _shake(shown: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    size = int(length) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    for along in np.linspace(-size / 2, size / 2, 4 * size):
        row = int(np.clip(size / 2 + along * np.sin(angle), 0, size - 1))
        kernel[row, int(np.clip(size / 2 + along * np.cos(angle), 0, size - 1))] += 1
    return np.asarray(cv2.filter2D(shown, -1, kernel / kernel.sum()))


def _noise(rng: np.random.Generator, grey: np.ndarray, strength: float, mono: bool) -> np.ndarray:
    """Draw read and shot noise in levels: fine and coarse grain of luma, blotches of colour."""
    height, width = grey.shape
    fine, coarse, blotches = _grain()
    fine_share = rng.uniform(0.2, 1.0)
    sigma = np.sqrt(np.float32(READ) + grey * np.float32(SHOT)) * np.float32(strength)
    grain = _part(fine, rng, height, width) * np.float32(fine_share)
    grain += _part(coarse, rng, height, width) * np.float32(1 - 0.5 * fine_share)
    noise = (sigma * grain)[..., None]
    if mono:
        return noise
    colour = _part(blotches, rng, height, width) * np.float32(strength * rng.uniform(0, 0.8))
    return noise + colour


def _part(pool: np.ndarray, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Cut a random part, perhaps mirrored, out of a shared field of noise."""
    y = int(rng.integers(0, pool.shape[0] - height + 1))
    x = int(rng.integers(0, pool.shape[1] - width + 1))
    part = pool[y : y + height, x : x + width]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    return part[::-1] if rng.random() < 0.5 else part


@cache
def _grain() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make the shared noise of deviation 1: fine, coarse (grain of 2 px), colour (of 4 px)."""
    rng = np.random.default_rng(20240229)
    fine = rng.standard_normal((900, 1200), dtype=np.float32)
    coarse = cv2.GaussianBlur(rng.standard_normal((900, 1200), dtype=np.float32), (0, 0), 1.0)
    small = rng.standard_normal((225, 300, 3), dtype=np.float32)
    colour = cv2.resize(small, (1200, 900), interpolation=cv2.INTER_LINEAR)
    return fine, coarse / coarse.std(), colour / colour.std()


@cache
def _linear_table() -> np.ndarray:
    return (FULL * (np.arange(65536) / 65535) ** 2).astype(np.float32)


@cache
def _tone_table() -> np.ndarray:
    """Give display levels 0..255 by the square root of light."""
    x = LIGHT_TOP * (np.arange(STEPS) / (STEPS - 1)) ** 2
    film = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    return (255 * np.clip(film, 0, 1) ** (1 / 2.2)).astype(np.float32)


@cache
def _undevelop_table(curve: str) -> np.ndarray:
    level = np.arange(256) / 255
    if curve == "gamma":
        return (level**2.2).astype(np.float32)
    x = FULL * np.linspace(0, 1, 20000) ** 2
    film = np.clip((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2)
    return np.interp(level, film, x).astype(np.float32)
