"""Drawn strips of staffs, boards and walls in water, with the true row of the water line.

Far from true pictures one by one, but together wider than reality: any light, mirror, colour and
clearness of water, staffs with and without an end, tide marks, shadows, glare, mist and noise; so
what they have in common is what water does. Some hold no line at all.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.vision.waterline import COLUMNS, ROWS

Picture = NDArray[np.float32]
# Columns before they are averaged to COLUMNS, and the margin that ripples reach into.
WIDE, MARGIN = 49, 18
# A strip's mirror image needs what is above it.
HIGH_ALL, WIDE_ALL = 2 * ROWS + 16, WIDE + 2 * MARGIN


def strip(rng: np.random.Generator) -> tuple[NDArray[np.uint8], float | None]:
    """Return a strip (ROWS, COLUMNS) uint8 and the row of its water line, or None without one."""
    line = rng.uniform(ROWS * 1.04, 1.96 * ROWS)
    picture, back, things, afloat = _dry(rng, line)
    _marks(rng, picture)
    picture, back = np.clip(picture, 0.01, 1.1), np.clip(back, 0.01, 1.1)
    light, lamp = _light(rng)
    picture, back = picture * light, back * light
    kind = rng.random()
    wet = kind < 0.88
    if wet:
        picture = _flood(rng, picture, back if afloat else None, things, line)
    elif kind >= 0.94:  # nothing but water
        waves = rng.uniform(0.2, 1) + 0.2 * _noise(rng, 6, 4) * rng.uniform(0, 1)
        picture = float(np.median(picture)) * waves
    if (lamp and rng.random() < 0.4) or rng.random() < 0.1:
        picture = _glare(rng, picture, line if wet else None)
    if rng.random() < 0.25:  # mist
        share = rng.uniform(0.1, 0.85)
        grey = rng.uniform(0.2, 0.8) + 0.05 * _noise(rng, 60)
        picture = picture * (1 - share) + share * grey * max(float(picture.mean()), 0.1) * 2
    if wet and rng.random() < 0.08:  # something stands before it
        top = rng.uniform(ROWS, 2 * ROWS)
        end = top + rng.uniform(20, 150)
        bright = max(0.2, float(picture.mean()))
        picture[int(top) : int(end)] = _wall(rng)[int(top) : int(end)] * bright
        wet = not top - 4 < line < end + 4
    seen = _camera(rng, picture[ROWS : 2 * ROWS, MARGIN : MARGIN + WIDE])
    small = cv2.resize(seen, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8), line - ROWS if wet else None


def _noise(rng: np.random.Generator, size: float, flat: float = 1.0) -> Picture:
    shape = max(2, int(HIGH_ALL / size) + 2), max(2, int(WIDE_ALL / (size * flat)) + 2)
    grid = rng.standard_normal(shape).astype(np.float32)
    return cv2.resize(grid, (WIDE_ALL, HIGH_ALL), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _grid() -> tuple[Picture, Picture]:
    y, x = np.mgrid[0:HIGH_ALL, 0:WIDE_ALL].astype(np.float32)
    return x, y


def _wall(rng: np.random.Generator) -> Picture:
    """Draw rock, concrete, blocks or reeds."""
    picture = np.full((HIGH_ALL, WIDE_ALL), rng.uniform(0.15, 0.9), np.float32)
    for size in (3, 8, 25, 80):
        picture += rng.uniform(0, 0.09) * _noise(rng, size, rng.choice([1.0, 1.0, 2.5, 0.3]))
    if rng.random() < 0.25:
        high, wide = int(rng.integers(8, 50)), int(rng.integers(15, 90))
        change, joint = rng.uniform(-0.15, 0.15), int(rng.integers(1, 4))
        for course, y in enumerate(range(int(rng.integers(-high, 1)), HIGH_ALL, high)):
            picture[max(0, y) : max(0, y + joint)] += change
            for x in range((course % 2) * wide // 2, WIDE_ALL, wide):
                picture[max(0, y) : max(0, y + high), x : x + joint] += change
    if rng.random() < 0.15:
        for _ in range(int(rng.integers(20, 120))):
            x, y = int(rng.integers(0, WIDE_ALL)), int(rng.integers(0, HIGH_ALL))
            end = (x + int(rng.integers(-15, 16)), y - int(rng.integers(20, 120)))
            cv2.line(picture, (x, y), end, float(rng.uniform(0, 1)), 1, cv2.LINE_AA)
    return picture


def _dry(rng: np.random.Generator, line: float) -> tuple[Picture, Picture, Picture, bool]:
    """Draw what stands there: picture, background, mask of the near things, whether afloat."""
    picture = _wall(rng)
    kind = rng.random()
    # A staff in open water, which is seen behind it too.
    afloat = kind > 0.85
    if afloat:
        waves = _noise(rng, rng.uniform(2, 12), rng.uniform(1.5, 6))
        picture = (rng.uniform(0.1, 0.9) + rng.uniform(0, 0.08) * waves).astype(np.float32)
        if rng.random() < 0.5:
            shore = int(rng.uniform(0.3 * HIGH_ALL, 0.6 * HIGH_ALL))
            picture[:shore] = _wall(rng)[:shore]
    back = picture.copy()
    things = np.zeros((HIGH_ALL, WIDE_ALL), np.float32)

    def top() -> float:
        """Return where a thing ends: often in view, if above the water."""
        return 0.0 if rng.random() < 0.45 else rng.uniform(0.9 * ROWS, max(ROWS, line - 12))

    for _ in range(int(rng.choice([0, 1, 2], p=[0.55, 0.3, 0.15]))):
        _board(rng, picture, int(top()), things)
    if kind > 0.15:
        half = rng.choice([rng.uniform(2, 5), rng.uniform(4, 12), rng.uniform(8, 22)])
        _staff(rng, picture, max(2, int(half)), int(min(top(), 1.5 * ROWS)), things)
    return picture, back, things, afloat


def _board(rng: np.random.Generator, picture: Picture, top: int, things: Picture) -> None:
    """Draw a board with targets, triangles or stripes on it."""
    left = max(0, int(rng.integers(-WIDE_ALL // 2, WIDE_ALL // 2)))
    right = min(WIDE_ALL, int(rng.integers(WIDE_ALL // 2, WIDE_ALL + WIDE_ALL // 2)))
    above = picture[:top].copy()
    picture[:, left:right] = rng.uniform(0.1, 1) + 0.03 * _noise(rng, 30)[:, left:right]
    things[top:, left:right] = 1
    for _ in range(int(rng.integers(0, 5))):
        x, y = int(rng.integers(0, WIDE_ALL)), int(rng.integers(0, HIGH_ALL))
        size, form = int(rng.integers(8, 40)), int(rng.integers(0, 4))
        shade = float(rng.uniform(0, 0.5))
        if form == 0:
            cv2.circle(picture, (x, y), size // 2, shade, -1, cv2.LINE_AA)
        elif form == 1:
            for q in (-size, size):
                corners = np.array([[x, y], [x + q, y - size], [x + q, y + size]], np.int32)
                cv2.fillPoly(picture, [corners], shade, cv2.LINE_AA)
        elif form == 2:
            cv2.rectangle(picture, (x, y), (x + size, y + size), shade, -1)
        else:
            cv2.rectangle(picture, (x - 80, y), (x + 80, y + max(1, size // 4)), shade, -1)
    picture[:top] = above


def _staff(
    rng: np.random.Generator, picture: Picture, half: int, top: int, things: Picture
) -> None:
    """Draw a staff with marks, numbers and mud, on a post or without one."""
    wide = 2 * half
    plank = np.full((HIGH_ALL, wide), rng.uniform(0.45, 1.0), np.float32)
    dark = float(rng.uniform(0, 0.35))
    if rng.random() < 0.15:
        plank[:], dark = rng.uniform(0.05, 0.3), float(rng.uniform(0.6, 1))
    period, style = float(rng.uniform(4, 34)), int(rng.integers(0, 5))
    for i, y in enumerate(np.arange(rng.uniform(-period, 0), HIGH_ALL, period)):
        low, high = max(0, int(y)), max(0, int(y + period / 2))
        if style == 0:
            plank[low:high, wide // 2 : wide - 1] = dark
        elif style == 1:
            side = slice(0, wide // 2) if i % 2 else slice(wide // 2, wide)
            plank[low:high, side] = dark
        elif style == 2:
            thin = max(low, min(high, low + max(1, int(period / 8))))
            plank[low:thin, : wide * (3 if i % 5 else 4) // 5] = dark
        elif style == 3:
            plank[low:high] = dark
        else:
            plank[low:high, wide - max(2, wide // 4) :] = dark
        if style != 3 and i % 5 == 0 and wide > 8:
            letters = np.zeros((HIGH_ALL, wide), np.uint8)
            text, where = str(int(rng.integers(0, 99))), (1, int(y + period / 2))
            cv2.putText(letters, text, where, 0, max(0.15, wide / 50), 255, 1, cv2.LINE_AA)
            plank[letters > 90] = dark
    for _ in range(int(rng.integers(0, 4))):
        y, high = int(rng.integers(0, HIGH_ALL)), int(rng.integers(5, 60))
        mud = np.clip(_noise(rng, 6)[y : y + high, :wide] + 0.3, 0, 1) * 0.8
        part = plank[y : y + high]
        part[:, : mud.shape[1]] += (rng.uniform(0.1, 0.5) - part[:, : mud.shape[1]]) * mud
    plank[top : top + int(rng.integers(0, 12)) * int(rng.random() < 0.5)] = rng.uniform(0, 1)
    middle, lean = WIDE_ALL / 2 + rng.uniform(-3, 3), rng.uniform(-0.02, 0.02)
    post = int(rng.integers(0, 9)) * int(rng.random() < 0.4)
    shade = rng.uniform(0, 0.7)
    for row in range(max(0, top - int(rng.integers(0, 12)) * (post > 0)), HIGH_ALL):
        left = round(middle - half + lean * (row - HIGH_ALL / 2))
        if post:
            picture[row, max(0, left - post) : max(0, left + wide + post)] = shade
            things[row, max(0, left - post) : max(0, left + wide + post)] = 1
        first, last = max(0, left), min(WIDE_ALL, left + wide)
        if row >= top and last > first:
            picture[row, first:last] = plank[row, first - left : last - left]
            things[row, first:last] = 1


def _marks(rng: np.random.Generator, picture: Picture) -> None:
    """Draw tide marks, stains, bands and shadows: edges that are no water."""
    x, y = _grid()
    for _ in range(int(rng.integers(0, 4))):
        at, form = rng.uniform(0, HIGH_ALL), int(rng.integers(0, 4))
        tilt = rng.choice([0, rng.uniform(-0.03, 0.03)])
        down = y + tilt * (x - WIDE_ALL / 2) - at
        if form == 0:
            rough = np.clip(1 + 0.6 * _noise(rng, 5), 0, 2)
            picture += (
                rng.uniform(-0.4, 0.15) * np.exp(-((down / rng.uniform(1.5, 6)) ** 2)) * rough
            )
        elif form == 1:
            below = np.clip(down / rng.uniform(1, 25) + 0.5, 0, 1)
            picture *= 1 - rng.uniform(0.05, 0.5) * below
        elif form == 2:
            picture *= 1 - rng.uniform(0.05, 0.5) * (np.abs(down) < rng.uniform(5, 50))
        else:
            slanted = y + rng.uniform(-2, 2) * (x - WIDE_ALL / 2) - at
            shadow = np.clip(slanted / rng.uniform(1, 30) + 0.5, 0, 1)
            picture *= 1 - rng.uniform(0.1, 0.6) * shadow


def _light(rng: np.random.Generator) -> tuple[Picture, bool]:
    """Return the light on everything, and whether it is a lamp's."""
    x, y = _grid()
    if rng.random() < 0.5:
        at_x, at_y = rng.uniform(0, WIDE_ALL), rng.uniform(ROWS * 0.7, 2.3 * ROWS)
        square = ((x - at_x) ** 2 + (y - at_y) ** 2) / (rng.uniform(0.4, 1.6) * ROWS) ** 2
        return (rng.uniform(0.02, 0.4) + 1.2 * np.exp(-square)).astype(np.float32), True
    slope_y = rng.uniform(-0.4, 0.4) * (y / HIGH_ALL - 0.5)
    slope_x = rng.uniform(-0.3, 0.3) * (x / WIDE_ALL - 0.5)
    return (1 + slope_y + slope_x).astype(np.float32), False


def _warp(picture: Picture, x: NDArray, y: NDArray, border: int = cv2.BORDER_REFLECT) -> Picture:
    at_x, at_y = x.astype(np.float32), y.astype(np.float32)
    found = cv2.remap(picture, at_x, at_y, cv2.INTER_LINEAR, borderMode=border)
    return found.astype(np.float32)


def _flood(
    rng: np.random.Generator, picture: Picture, back: Picture | None, things: Picture, line: float
) -> Picture:
    """Put water below the line: a rippled mirror over a body of any colour and clearness."""
    x, y = _grid()
    slope = rng.choice([0.0, 0.0, rng.uniform(-0.04, 0.04), rng.uniform(-0.25, 0.25)])
    edge = line + slope * (x - WIDE_ALL / 2)
    depth = y - edge
    rough = rng.choice([0, rng.uniform(0, 2), rng.uniform(0, 6)])
    far = np.clip(depth / 40, 0.1, 1.2)
    ripple_y = _noise(rng, rng.uniform(3, 10), rng.uniform(1.5, 6)) * rough * far
    ripple_x = _noise(rng, rng.uniform(4, 12), 3) * rough * 0.4 * np.clip(depth / 40, 0.1, 1)
    source = edge - depth / rng.uniform(0.75, 1.1) + ripple_y
    mirror = _warp(picture, x + ripple_x, source)
    if rng.random() < 0.5:  # beside near things the water shows what the eye does not: sky, roof
        clouds = rng.uniform(0, 0.2) * _noise(rng, rng.uniform(5, 60), rng.uniform(0.3, 3))
        sky = np.clip(np.exp(rng.uniform(-2.5, 1.5)) + clouds, 0.01, 6)
        sky *= float(np.clip(picture.mean(), 0.1, 1))
        near = _warp(things, x + ripple_x, source, cv2.BORDER_CONSTANT)
        mirror = mirror * near + sky * (1 - near)
    weak, middle, strong = rng.uniform(0.02, 0.15), rng.uniform(0.15, 0.6), rng.uniform(0.6, 0.95)
    share = rng.choice([weak, middle, strong], p=[0.3, 0.45, 0.25])
    shade = rng.choice([rng.uniform(0, 0.1), rng.uniform(0.05, 0.5), rng.uniform(0.2, 1.0)])
    shade *= max(float(np.median(picture)), 0.15)
    cloudy = 1 + rng.uniform(0, 0.15) * _noise(rng, rng.uniform(3, 30), rng.uniform(2, 8))
    body = shade * cloudy + rng.uniform(-0.2, 0.3) * shade * np.clip(depth / ROWS, 0, 1)
    if rng.random() < 0.25:  # clear: the wall is seen below the line, bent upwards
        clear = rng.uniform(0, 0.8) * np.exp(-np.clip(depth, 0, None) / rng.uniform(8, 120))
        below = _warp(picture, x + ripple_y * 0.5, y - depth * rng.uniform(0, 0.25))
        body = body * (1 - clear) + below * clear * rng.uniform(0.5, 1)
    wet = share * mirror + (1 - share) * body
    if back is not None:
        wet = np.clip(back + share * (mirror - _warp(back, x + ripple_x, source)), 0.005, None)
    if rng.random() < 0.2:  # foam, leaves, sparks
        wet = np.where(_noise(rng, 2.5, 2.0) > rng.uniform(1.8, 2.6), rng.uniform(0.3, 1.2), wet)
    if rng.random() < 0.5:  # damp above the line
        damp = np.clip(1 + depth / rng.uniform(3, 30), 0, 1) * (depth < 0)
        picture = picture * (1 - rng.uniform(0, 0.4) * damp)
    if rng.random() < 0.4:  # the water's own edge
        wet = wet + rng.uniform(-0.25, 0.25) * np.exp(-((depth / rng.uniform(0.4, 2.2)) ** 2))
    wobble = rng.choice([0, rng.uniform(0, 1.2)]) * _noise(rng, 400, 8 / 400)
    cover = np.clip((depth + wobble) / rng.uniform(0.8, 2.5) + 0.5, 0, 1)
    return (picture * (1 - cover) + wet * cover).astype(np.float32)


def _glare(rng: np.random.Generator, picture: Picture, line: float | None) -> Picture:
    """Add a lamp in the picture, and mostly its image in the water."""
    x, y = _grid()
    at_x, at_y, size = rng.uniform(0, WIDE_ALL), rng.uniform(ROWS, 2 * ROWS), rng.uniform(4, 60)
    square = (x - at_x) ** 2 + (y - at_y) ** 2
    picture = picture + rng.uniform(0.3, 3) * np.exp(-square / size**2)
    if line is not None and rng.random() < 0.6:
        below = (y - (2 * line - at_y)) ** 2 / (size * 2) ** 2
        image = np.exp(-((x - at_x) ** 2 / (size * 0.6) ** 2 + below)) * (y > line)
        picture = picture + rng.uniform(0.2, 1.5) * image
    return picture.astype(np.float32)


def _camera(rng: np.random.Generator, seen: Picture) -> NDArray[np.uint8]:
    """Take the picture: resolution, blur, exposure, noise and compression."""
    if rng.random() < 0.35:  # a small gauge, made larger
        factor = rng.uniform(0.2, 0.9)
        small = cv2.resize(seen, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        grain = rng.standard_normal(small.shape) * rng.uniform(0, 0.02) * float(small.mean())
        grown = (small + grain).astype(np.float32)
        seen = cv2.resize(grown, (WIDE, ROWS), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    blur = rng.choice([0, rng.uniform(0.3, 1), rng.uniform(0.8, 3)])
    if blur:
        seen = cv2.GaussianBlur(seen, (0, 0), blur).astype(np.float32)
    shown = np.clip(seen, 0, None) ** rng.choice([1.0, rng.uniform(0.5, 1.5)])
    bright = rng.choice([rng.uniform(0.05, 0.2), rng.uniform(0.2, 0.8)], p=[0.3, 0.7])
    shown = shown * bright / max(float(np.percentile(shown, 80)), 0.02) * 255
    grain = rng.choice([0.8, rng.uniform(1, 5), rng.uniform(3, 12)])
    shown = shown + rng.standard_normal(shown.shape) * grain
    picture = np.clip(shown, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        picture = cv2.imdecode(data[1], cv2.IMREAD_GRAYSCALE).astype(np.uint8)
    return picture
