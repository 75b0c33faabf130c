"""Training pictures for helmets: people of photographs and of the rendered mine on one tile.

People of the photographs are pasted, whole or cut out, on other photographs at a size drawn at
random, and half of them get a painted helmet. Truth comes with them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.simulate.pictures import expose, load
from workers.train.helmets import Head, put_on
from workers.vision.ppe import upper

HERE = Path(__file__).resolve().parent
LABELS = ("helmet", "bare_head", "vest", "no_vest")
HELMET, BARE, VEST, PLAIN = range(4)
TILE = 224
LONG_PX = 480
SELDOM = 0.25
# Photographs without a head in heads.json, from sources where such a picture shows nobody near.
BACKGROUNDS = ("pyvision", "lomiri", "sneat", "startbootstrap", "colorbox", "flexslider", "stisla")
NO_BACKGROUNDS = ("lomiri-005", "lomiri-006", "colorbox-004", "sneat-005")
UPRIGHT = ("walk", "stand", "carry", "push", "run")

Image = NDArray[Any]
Box = tuple[float, float, float, float]


@dataclass
class Tile:
    """A picture (TILE, TILE, 3) BGR with boxes in pixels; whole: whether people were told.

    shown: what of it shows anything; the rest is black, as beside a window that is looked at.
    """

    pixels: Image
    boxes: list[tuple[Box, int]] = field(default_factory=list)
    ignore: list[Box] = field(default_factory=list)
    whole: bool = True
    shown: Box = (0, 0, TILE, TILE)


@dataclass(frozen=True)
class Photo:
    """A photograph with its heads, and who stands there (H, W) if one person was cut out."""

    pixels: Image
    heads: tuple[Head, ...]
    mask: NDArray[np.float32] | None


def is_held_out(name: str) -> bool:
    """Keep one photograph in seven for validation, by its name."""
    return sum(name.encode()) % 7 == 0


class Crowd:
    """Draws tiles; held_out chooses the photographs and frames kept for validation."""

    def __init__(
        self, real: Path, rendered: Path | None, *, held_out: bool = False, frames: int = 1000
    ) -> None:
        bits = np.load(HERE / "masks.npz")
        masks = dict(zip(bits["names"], bits["bits"], strict=True))
        heads = json.loads((HERE / "heads.json").read_text())
        self.photos: list[Photo] = []
        self.backgrounds: list[Image] = []
        for path in sorted(real.glob("*.jpg")):
            if is_held_out(path.name) != held_out:
                continue
            pixels = cv2.imread(str(path))
            if pixels is None:
                raise ValueError(f"{path} is no picture")
            if path.name in heads:
                self.photos.append(_photo(pixels, heads[path.name], masks.get(path.name)))
            elif path.name.startswith(BACKGROUNDS) and not path.name.startswith(NO_BACKGROUNDS):
                self.backgrounds.append(_small(pixels)[0])
        # Tight grey faces are many and show no body: they are drawn more seldom.
        seldom = [SELDOM if max(p.pixels.shape[:2]) < 230 else 1.0 for p in self.photos]
        self.portraits = [i for i, p in enumerate(self.photos) if p.mask is not None]
        self.weights = np.array(seldom) / sum(seldom)
        some = self.weights[self.portraits]
        self.portrait_weights = some / some.sum()
        self.frames = [] if rendered is None else _frames(rendered, frames, held_out)
        heads = [(i, p) for i, (_, people) in enumerate(self.frames) for p in people]
        worn = [head for head in heads if head[1]["helmet"]]
        bare = [head for head in heads if not head[1]["helmet"]]
        # Few go bareheaded in a mine: their heads are drawn as often as the others'.
        self.heads = [kind for kind in (worn, bare) if kind]
        if not self.photos or not self.backgrounds:
            raise ValueError(f"no photographs in {real}: run workers.train.pictures first")

    def tile(self, rng: np.random.Generator) -> Tile:
        """Draw one."""
        drawn = rng.random()
        if drawn < 0.3 and self.frames:
            tile = self._mine(rng)
        elif drawn < 0.65:
            tile = self._near(rng)
        else:
            tile = self._many(rng)
        return _framed(_worn(tile, rng))

    def _background(self, rng: np.random.Generator) -> Image:
        pixels = self.backgrounds[rng.integers(len(self.backgrounds))]
        if self.frames and rng.random() < 0.15:
            pixels = self.backgrounds[0] * 0 + np.uint8(rng.integers(20, 250))
        side = int(rng.uniform(0.4, 1.0) * min(pixels.shape[:2]))
        y = int(rng.integers(pixels.shape[0] - side + 1))
        x = int(rng.integers(pixels.shape[1] - side + 1))
        return cv2.resize(pixels[y : y + side, x : x + side], (TILE, TILE)).astype(np.uint8)

    def _near(self, rng: np.random.Generator) -> Tile:
        """One photograph, its head anywhere and of any size."""
        tile = Tile(self._background(rng))
        photo = self.photos[rng.choice(len(self.photos), p=self.weights)]
        high = float(np.exp(rng.uniform(np.log(18), np.log(150))))
        _paste(tile, photo, high, rng, cut=False)
        return tile

    def _many(self, rng: np.random.Generator) -> Tile:
        """Several people cut out of photographs, the nearest last."""
        tile = Tile(self._background(rng))
        highs = np.sort(np.exp(rng.uniform(np.log(11), np.log(75), int(rng.integers(2, 8)))))
        for high in highs:
            photo = self.photos[rng.choice(self.portraits, p=self.portrait_weights)]
            _paste(tile, photo, float(high), rng, cut=True)
        return tile

    def _mine(self, rng: np.random.Generator) -> Tile:
        """A part of a rendered frame about one of its people."""
        some = self.heads[rng.integers(len(self.heads))]
        number, person = some[rng.integers(len(some))]
        pixels, people = self.frames[number]
        height, width = pixels.shape[:2]
        window = upper(_jolted(person["box"], rng), width, height) if rng.random() < 0.5 else None
        if window is None:
            return self._part(pixels, people, person["head"], rng)
        left, top, right, bottom = window
        # As the reader sees it, whose longer side is 128, or somewhat larger or smaller.
        scale = min(TILE, 128 * float(np.exp(rng.normal(0, 0.2)))) / max(right - left, bottom - top)
        wide, high = (right - left) * scale, (bottom - top) * scale
        room = np.maximum((TILE - wide, TILE - high), 0)  # a whole tile rounds to a hair more
        move = rng.uniform(0, 1, 2) * room
        shown = (*move, move[0] + wide, move[1] + high)
        move -= np.array((left, top)) * scale
        return _shot(pixels, people, scale, move, shown)

    @staticmethod
    def _part(pixels: Image, people: list[dict], box: Box, rng: np.random.Generator) -> Tile:
        """The part of a frame about a head, of any size and anywhere."""
        height, width = pixels.shape[:2]
        high = max(4.0, (box[3] - box[1]) * height)
        scale = float(np.clip(np.exp(rng.uniform(np.log(12), np.log(70))) / high, 0.6, 2.4))
        middle = np.array(((box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height))
        move = rng.uniform(0.15, 0.85, 2) * TILE - middle * scale
        return _shot(pixels, people, scale, move, (0, 0, TILE, TILE))


def _jolted(box: Sequence[float], rng: np.random.Generator) -> Box:
    """Return a person's box as a detector might find it."""
    x1, y1, x2, y2 = box
    jolt = rng.normal(0, 0.04, 4) * np.tile((x2 - x1, y2 - y1), 2)
    return _tuple(np.clip(np.array(box) + jolt, 0, 1))


def _shot(pixels: Image, people: list[dict], scale: float, move: NDArray, shown: Box) -> Tile:
    """Lay a rendered frame, scaled and moved, on a tile, and tell who is there."""
    height, width = pixels.shape[:2]
    tile = Tile(_warp(pixels, np.array(((scale, 0, move[0]), (0, scale, move[1])))), shown=shown)
    for person in people:
        _told(tile, person, np.array((width, height)) * scale, move)
    return tile


def _told(tile: Tile, person: dict, size: NDArray, move: NDArray) -> None:
    """Add a rendered person's boxes."""
    head = np.array(person["head"]) * np.tile(size, 2) + np.tile(move, 2)
    body = np.array(person["box"]) * np.tile(size, 2) + np.tile(move, 2)
    high = head[3] - head[1]
    if person["helmet"] and person["pose"] in UPRIGHT and high > 0:
        head[3] -= 0.33 * high  # the label holds the face too, the helmet ends above it
    clear = person["head_visible"] > 0.6 and high >= 9
    _add(tile, _tuple(head), HELMET if person["helmet"] else BARE, sure=clear)
    _add(tile, _tuple(body), VEST if person["vest"] else PLAIN, sure=person["visible"] > 0.5)


def _add(tile: Tile, box: Box, label: int, *, sure: bool = True) -> None:
    left, top, right, bottom = tile.shown
    clipped = tuple(np.clip(box, (left, top, left, top), (right, bottom, right, bottom)))
    area = (box[2] - box[0]) * (box[3] - box[1])
    inside = (clipped[2] - clipped[0]) * (clipped[3] - clipped[1])
    if inside <= 16:
        return
    shown = inside / max(area, 1e-6)
    if sure and shown > (0.6 if label in (HELMET, BARE) else 0.25):
        tile.boxes.append((_tuple(np.array(clipped)), label))
    else:
        tile.ignore.append(_tuple(np.array(clipped)))


def _paste(tile: Tile, photo: Photo, high: float, rng: np.random.Generator, *, cut: bool) -> None:
    """Put a photograph on the tile so that one of its heads is `high` pixels high."""
    head = photo.heads[rng.integers(len(photo.heads))]
    scale = min(high / (head.box[3] - head.box[1]), 1.7)
    middle = np.array(((head.box[0] + head.box[2]) / 2, (head.box[1] + head.box[3]) / 2))
    turn = -1.0 if rng.random() < 0.5 else 1.0
    move = rng.uniform(0.12, 0.88, 2) * TILE - middle * scale * (turn, 1)
    matrix = np.array(((scale * turn, 0, move[0]), (0, scale, move[1])))
    pixels = _warp(photo.pixels, matrix)
    mask = photo.mask if cut else np.ones(photo.pixels.shape[:2], np.float32)
    assert mask is not None
    cover = _warp(mask, matrix, 0)
    gain = rng.uniform(0.7, 1.25) if cut else 1.0
    mixed = tile.pixels * (1 - cover[..., None]) + np.minimum(pixels * gain, 255) * cover[..., None]
    tile.pixels = mixed.astype(np.uint8)
    for (x1, y1, x2, y2), label in list(tile.boxes):
        part = cover[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))]
        if part.size and part.mean() > 0.35:
            tile.boxes.remove(((x1, y1, x2, y2), label))
            tile.ignore.append((x1, y1, x2, y2))
    for other in photo.heads:
        _dress(tile, _moved(other, matrix), rng)
    if photo.mask is None:
        tile.whole = False
    else:
        ys, xs = np.nonzero(cover * _warp(photo.mask, matrix, 0) > 0.5)
        if len(xs):
            _add(tile, (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())), PLAIN)


def _dress(tile: Tile, head: Head, rng: np.random.Generator) -> None:
    x1, y1, x2, y2 = head.box
    wide, high = x2 - x1, y2 - y1
    if x2 < 0 or y2 < 0 or x1 > TILE or y1 > TILE:
        return
    sure = high >= 9
    if rng.random() < 0.5 and high < 400:
        _add(tile, put_on(tile.pixels, head, rng), HELMET, sure=sure)
    else:
        # Hair reaches beyond the face's outline.
        bare = (x1 - 0.1 * wide, y1 - 0.05 * high, x2 + 0.1 * wide, y2)
        _add(tile, bare, BARE, sure=sure)


def _moved(head: Head, matrix: NDArray) -> Head:
    """Carry a head over to the tile; a negative x scale mirrors it."""
    sx, sy = matrix[0, 0], matrix[1, 1]
    xs = sorted((head.box[0] * sx + matrix[0, 2], head.box[2] * sx + matrix[0, 2]))
    ys = (head.box[1] * sy + matrix[1, 2], head.box[3] * sy + matrix[1, 2])
    sign = np.sign(sx)

    def mirrored(v: tuple[float, float, float]) -> tuple[float, float, float]:
        return (v[0] * sign, v[1], v[2])

    right = mirrored(head.right)
    return replace(
        head,
        box=(xs[0], ys[0], xs[1], ys[1]),
        middle=(head.middle[0] * sx + matrix[0, 2], head.middle[1] * sy + matrix[1, 2]),
        right=(right[0] * sign, right[1] * sign, right[2] * sign),
        up=mirrored(head.up),
        forward=mirrored(head.forward),
        width=head.width * sy,
        brow=head.brow * sy,
    )


def _warp(pixels: NDArray, matrix: NDArray, border: int | None = None) -> NDArray:
    """Move a picture to the tile; halved first where it shrinks, so that nothing is skipped."""
    matrix = matrix.copy()
    while abs(matrix[0, 0]) < 0.5 and min(pixels.shape[:2]) > 16:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        matrix[:, :2] *= (pixels.shape[1] / half[0], pixels.shape[0] / half[1])
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    return cv2.warpAffine(pixels, matrix, (TILE, TILE), flags=cv2.INTER_LINEAR, borderMode=mode)


def _worn(tile: Tile, rng: np.random.Generator) -> Tile:
    """Do what cameras and networks do to pictures: colour, blur, noise, JPEG."""
    x: NDArray[Any] = tile.pixels.astype(np.float32)
    if rng.random() < 0.1:
        x[:] = x.mean(2, keepdims=True)
    elif rng.random() < 0.5:
        x *= rng.uniform(0.85, 1.15, 3)
    x = (x - 128) * rng.uniform(0.7, 1.25) + 128 + rng.normal(0, 18)
    if rng.random() < 0.35:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.35:
        x += rng.normal(0, rng.uniform(2, 12), x.shape)
    pixels: Image = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90)))
        pixels = _decoded(cv2.imencode(".jpg", pixels, quality)[1])
    tile.pixels = np.ascontiguousarray(pixels)
    return tile


def _framed(tile: Tile) -> Tile:
    """Make black what shows nothing."""
    left, top, right, bottom = (round(v) for v in tile.shown)
    shown = tile.pixels[top:bottom, left:right].copy()
    tile.pixels[:] = 0
    tile.pixels[top:bottom, left:right] = shown
    return tile


def _decoded(data: Image) -> Image:
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


def _small(pixels: Image) -> tuple[Image, float]:
    scale = min(1.0, LONG_PX / max(pixels.shape[:2]))
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8), scale


def _photo(pixels: Image, heads: Sequence[dict], bits: Image | None) -> Photo:
    small, scale = _small(pixels)
    mask = None
    if bits is not None:
        coarse = np.unpackbits(bits).reshape(64, 64).astype(np.float32)
        size = (small.shape[1], small.shape[0])
        mask = np.clip((cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) - 0.3) * 2.5, 0, 1)
    scaled = []
    for raw in heads:
        lengths = {k: np.array(raw[k]) * scale for k in ("box", "middle", "width", "brow")}
        axes = {k: _tuple(np.array(raw[k])) for k in ("right", "up", "forward")}
        scaled.append(
            Head(
                box=_tuple(lengths["box"]),
                middle=_tuple(lengths["middle"]),
                width=float(lengths["width"]),
                brow=float(lengths["brow"]),
                **axes,
            )
        )
    return Photo(small, tuple(scaled), mask)


def _tuple(values: NDArray) -> tuple:
    return tuple(float(v) for v in values)


def _frames(rendered: Path, count: int, held_out: bool) -> list[tuple[Image, list[dict]]]:
    """Expose the rendered frames with the largest heads, once each."""
    rows = []
    for line in (rendered / "labels.jsonl").read_text().splitlines():
        row = json.loads(line)
        people = [p for p in row["people"] if p["head"] and p["head_visible"] > 0]
        if people and is_held_out(row["layout"]) == held_out:
            rows.append((max(p["head"][3] - p["head"][1] for p in people), row["file"], people))
    rows.sort(key=lambda r: (-r[0], r[1]))
    rng = np.random.default_rng(5)
    frames = []
    for _, name, people in rows[:count]:
        luma = float(rng.uniform(35, 125))
        noise = float(rng.uniform(0.3, 2.0))
        grey = bool(rng.random() < 0.1)
        light = load(rendered / name)
        pixels = expose(light, rng, luma=luma, noise=noise, infrared=grey)
        frames.append((pixels, people))
    return frames
