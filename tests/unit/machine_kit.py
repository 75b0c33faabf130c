"""Machines drawn by numpy, and what camera, light and people do to them; H.264 where asked for."""

import io
from dataclasses import dataclass, field, replace
from fractions import Fraction

import av
import cv2
import numpy as np

from workers.vision.machine import VideoReader

SIZE = (320, 180)
FPS = 5
SUPER = 1  # more draws finer edges


def rough(seed, size=SIZE, low=50, high=110, blur=1.5):
    """Return a wall of rock: smooth noise (H, W, 3) float32."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1, 1, (size[1], size[0])).astype(np.float32)
    fine = cv2.GaussianBlur(values, (0, 0), blur)
    coarse = cv2.GaussianBlur(values, (0, 0), 6 * blur)
    mixed = fine / fine.std() + coarse / coarse.std()
    grey = (low + high) / 2 + mixed * (high - low) / 8
    return np.repeat(grey[..., None], 3, axis=2)


class Drum:
    """A winch drum with spokes, seen from the side; turns at `speed` radians a second."""

    kind, look = "winch", "drum"
    roi = ((0.4, 0.2), (0.7, 0.2), (0.7, 0.7), (0.4, 0.7))

    def __init__(self, speed=1.3, design="spokes", seed=1):
        self.speed, self.design = speed, design
        self.wall = rough(seed, (SIZE[0] * SUPER, SIZE[1] * SUPER))

    def draw(self, place, on):
        """Draw it after it went `place` radians."""
        s = SUPER
        picture = self.wall.copy()
        middle = (176 * s, 81 * s)
        if self.design == "wraps":
            # From the front: a cylinder under rope, with a splice and a lamp's sheen.
            cv2.rectangle(picture, (136 * s, 45 * s), (216 * s, 117 * s), (70, 75, 80), -1)
            y = np.arange(45 * s, 117 * s)
            bend = np.arcsin(np.clip((y - 81 * s) / (36 * s), -1, 1))
            wrap = 14 * np.sin(np.arange(80 * s) / s * 2.0)[None, :]
            lay = 16 * np.sin(9 * (bend + place))[:, None] * np.ones(80 * s)
            marks = 35 * (np.cos(bend + place) > 0.8)[:, None] * np.ones(80 * s)
            marks[:, : 50 * s] = 0
            part = (90 + wrap + lay + marks) * np.cos(bend * 0.8)[:, None]
            picture[45 * s : 117 * s, 136 * s : 216 * s] = part[..., None]
            return picture
        cv2.circle(picture, middle, 40 * s, (85, 95, 100), -1, cv2.LINE_AA)
        count = {"spokes": 6, "mark": 1, "solid": 0}[self.design]
        for k in range(count):
            a = place + k * 2 * np.pi / count
            end = (int(middle[0] + 36 * s * np.cos(a)), int(middle[1] + 36 * s * np.sin(a)))
            begin = middle if count > 1 else (
                int(middle[0] + 22 * s * np.cos(a)), int(middle[1] + 22 * s * np.sin(a))
            )  # fmt: skip
            cv2.line(picture, begin, end, (60, 150, 165) if k else (40, 40, 170), 5 * s)
        cv2.circle(picture, middle, 8 * s, (60, 60, 60), -1)
        return picture


class Belt:
    """A conveyor across the picture, `load` coal, seams or empty; moves `speed` pixels a second."""

    kind, look = "conveyor", "belt"
    roi = ((0.05, 0.62), (0.95, 0.42), (0.95, 0.58), (0.05, 0.80))

    def __init__(self, speed=60.0, load="coal", seed=2):
        self.speed, self.load = speed, load
        self.wall = rough(seed, (SIZE[0] * SUPER, SIZE[1] * SUPER))
        rng = np.random.default_rng(seed)
        length = 4096
        top = np.full((80, length), 62.0, np.float32)
        if load == "coal":
            lumps = rng.uniform(-1, 1, top.shape).astype(np.float32)
            lumps = cv2.GaussianBlur(lumps, (0, 0), 4)
            top[12:68] = 40 + 18 * (lumps / lumps.std())[12:68]
        elif load == "seams":
            for x in range(0, length, 110):
                top[:, x : x + 8] = 95
        self.top = top

    def draw(self, place, on):
        """Draw it after it went `place` pixels."""
        picture = self.wall.copy()
        at = int(place * SUPER * 2) % 2048
        part = self.top[:, at : at + 1200]
        w, h = SIZE[0] * SUPER, SIZE[1] * SUPER
        corners = np.array(self.roi, np.float32) * (w, h)
        source = np.array([(0, 0), (1200, 0), (1200, 80), (0, 80)], np.float32)
        matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
        laid = cv2.warpPerspective(part, matrix, (w, h), flags=cv2.INTER_AREA)
        mask = np.zeros((h, w), np.uint8)
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
        picture[mask > 0] = laid[mask > 0][:, None]
        return picture


class Rope:
    """A rope over rollers, `marks` of grease on it; it trembles while it runs."""

    kind, look = "haulage", "rope"
    roi = ((0.1, 0.56), (0.9, 0.36), (0.9, 0.44), (0.1, 0.64))

    def __init__(self, speed=50.0, marks=True, seed=3):
        self.speed, self.marks = speed, marks
        self.wall = rough(seed, (SIZE[0] * SUPER, SIZE[1] * SUPER))
        rng = np.random.default_rng(seed)
        grey = cv2.GaussianBlur(rng.uniform(-1, 1, (1, 8192)).astype(np.float32), (0, 0), 9)[0]
        self.dirt = 130 + (38 * grey / grey.std() if marks else 0 * grey)
        self.wobble = rng.uniform(0, 7, 3)

    def draw(self, place, on):
        """Draw it after it went `place` pixels."""
        picture = self.wall.copy()
        w, h = SIZE[0] * SUPER, SIZE[1] * SUPER
        x = np.arange(int(0.08 * w), int(0.92 * w))
        tremble = 1.2 * SUPER * np.sin(place * 0.9) * np.sin(np.pi * x / w) if on else 0
        y = 0.60 * h - 0.2 * h * (x / w - 0.1) / 0.8 + tremble
        grey = self.dirt[(x - int(place * SUPER)) % 8192]
        for dy in range(-2 * SUPER, 2 * SUPER + 1):
            picture[np.round(y + dy).astype(int), x] = grey[:, None]
        return picture


class ThinRope(Rope):
    """A rope far off: its region is hardly higher than the rope."""

    roi = ((0.1, 0.588), (0.9, 0.388), (0.9, 0.412), (0.1, 0.612))


class Car:
    """A haulage car on rails that passes through, or stands; `place` in pixels from the left."""

    kind, look = "haulage", "car"
    roi = ((0.15, 0.4), (0.85, 0.4), (0.85, 0.85), (0.15, 0.85))

    def __init__(self, speed=45.0, seed=4, start=-90):
        self.speed, self.start = speed, start
        self.wall = rough(seed, (SIZE[0] * SUPER, SIZE[1] * SUPER))

    def draw(self, place, on):
        """Draw it after it went `place` pixels."""
        s = SUPER
        picture = self.wall.copy()
        for rail in (146, 150):
            cv2.line(picture, (0, rail * s), (SIZE[0] * s, rail * s), (150, 150, 150), s)
        left = int((self.start + place) * s)
        cv2.rectangle(picture, (left, 90 * s), (left + 80 * s, 138 * s), (60, 80, 105), -1)
        for x in range(0, 80, 20):
            cv2.line(picture, (left + x * s, 90 * s), (left + x * s, 138 * s), (40, 50, 60), 2 * s)
        for x in (16, 64):
            cv2.circle(picture, (left + x * s, 140 * s), 7 * s, (30, 30, 30), -1)
        return picture


class Lamp:
    """A pump's panel with an indicator lamp; `blink_s` is its period, 0 steady."""

    kind, look = "pump", "lamp"
    roi = ((0.48, 0.38), (0.53, 0.38), (0.53, 0.47), (0.48, 0.47))

    def __init__(self, color=(60, 220, 60), blink_s=0.0, seed=5):
        self.speed, self.color, self.blink_s = 1.0, color, blink_s
        self.wall = rough(seed, (SIZE[0] * SUPER, SIZE[1] * SUPER))

    def draw(self, place, on):
        """Draw it lit or unlit; `place` is the seconds that it has been on."""
        s = SUPER
        picture = self.wall.copy()
        cv2.rectangle(picture, (120 * s, 50 * s), (210 * s, 120 * s), (95, 90, 85), -1)
        lit = on and (not self.blink_s or place % self.blink_s < self.blink_s / 2)
        glass = np.array(self.color, np.float32)
        if lit:
            glow = np.zeros_like(picture)
            cv2.circle(glow, (161 * s, 77 * s), 6 * s, (glass * 1.2).tolist(), -1, cv2.LINE_AA)
            picture += cv2.GaussianBlur(glow, (0, 0), 4 * s) * 0.5
            cv2.circle(picture, (161 * s, 77 * s), 6 * s, (glass + 60).tolist(), -1, cv2.LINE_AA)
        else:
            cv2.circle(picture, (161 * s, 77 * s), 6 * s, (glass * 0.45).tolist(), -1, cv2.LINE_AA)
        return picture


@dataclass
class Camera:
    """What happens between machine and decoder; noise and shake in grey levels and pixels."""

    light: float = 1.0
    noise: float = 3.0
    flicker: float = 0.0
    swing: float = 0.0  # of the exposure, over ten seconds
    shake: float = 0.0
    grey: bool = False
    bit_rate: int = 0  # through H.264 at so many bits a second
    fps: float = FPS
    seed: int = 1


@dataclass
class Part:
    """A while in which the machine moves, or not, and somebody may pass (x from, x to)."""

    seconds: float
    on: bool = False
    person: tuple[float, float] | None = None
    seen: bool = True  # by the detector
    lamp: bool = False  # the person's cap lamp is on
    cover: bool = False  # a cloth hangs over the camera
    frozen: bool = False
    light: float = 1.0
    ramp: bool = False  # the light goes there slowly


@dataclass
class Shot:
    """A picture with its truth."""

    t: float
    bgr: np.ndarray
    on: bool
    boxes: list = field(default_factory=list)
    part: int = 0

    @property
    def luma(self):
        """Return its brightness."""
        return cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY)


def film(machine, parts, camera=None):
    """Return the shots of a machine that goes through parts."""
    camera = camera or Camera()
    rng = np.random.default_rng(camera.seed)
    cloth = rough(99, SIZE, 60, 120, 2.0)
    shots, place, t, light, frozen = [], 0.0, 0.0, 1.0, None
    for number, part in enumerate(parts):
        count = round(part.seconds * camera.fps)
        before = light
        for step in range(count):
            if part.on:
                place += machine.speed / camera.fps
            light = before + (part.light - before) * (step / count) if part.ramp else part.light
            picture = cv2.resize(machine.draw(place, part.on), SIZE, interpolation=cv2.INTER_AREA)
            boxes = []
            if part.person:
                x = part.person[0] + (part.person[1] - part.person[0]) * step / count
                boxes = _person(picture, x, part, step)
            if part.cover:
                picture = cloth.copy()
            shot = Shot(t, _expose(picture, camera, light, t, rng), part.on, boxes, number)
            if part.frozen:
                shot = replace(shot, bgr=(frozen or shot).bgr)
                frozen = frozen or shot
            shots.append(shot)
            t += 1 / camera.fps
    return _through_h264(shots, camera) if camera.bit_rate else shots


def _person(picture, x, part, step):
    left, w = int(x * SIZE[0]), 30
    cv2.rectangle(picture, (left, 48), (left + w, 165), (50, 45, 40), -1)
    cv2.rectangle(picture, (left + 4, 66), (left + w - 4, 100), (60, 120, 225), -1)
    cv2.circle(picture, (left + w // 2, 42), 10, (200, 210, 215), -1)
    swing = int(4 * np.sin(step * 1.7))
    cv2.line(picture, (left + w // 2, 72), (left + w // 2 + 4 * swing, 110), (50, 45, 40), 6)
    if part.lamp:
        spot = np.zeros(picture.shape[:2], np.float32)
        cv2.ellipse(spot, (left + 70, 80 + swing), (44, 34), 0, 0, 360, 1.0, -1)
        picture += picture * 1.1 * cv2.GaussianBlur(spot, (0, 0), 9)[..., None]
        shadow = np.zeros(picture.shape[:2], np.float32)
        cv2.rectangle(shadow, (left - 26, 60), (left - 4, 165), 1.0, -1)
        picture *= 1 - 0.35 * cv2.GaussianBlur(shadow, (0, 0), 3)[..., None]
        cv2.circle(picture, (left + w // 2 + 6, 40), 3, (255, 255, 255), -1)
    if not part.seen:
        return []
    return [(left / SIZE[0], 32 / SIZE[1], (left + w) / SIZE[0], 165 / SIZE[1])]


def _expose(picture, camera, light, t, rng):
    gain = camera.light * light * (1 + camera.flicker * rng.standard_normal())
    gain *= 1 + camera.swing * np.sin(2 * np.pi * t / 10)
    picture = picture * gain
    if camera.shake:
        by = rng.normal(0, camera.shake, 2)
        matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float64)
        picture = cv2.warpAffine(picture, matrix, SIZE, borderMode=cv2.BORDER_REPLICATE)
    if camera.grey:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    noise = camera.noise * rng.standard_normal((SIZE[1], SIZE[0], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _through_h264(shots, camera):
    """Send the shots through an encoder as a camera's, and back."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(camera.fps).limit_denominator())
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.bit_rate = camera.bit_rate
        stream.options = {"preset": "veryfast", "bf": "0", "g": str(round(camera.fps))}
        for number, shot in enumerate(shots):
            frame = av.VideoFrame.from_ndarray(shot.bgr, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    out.seek(0)
    with av.open(out) as container:
        pictures = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    return [replace(shot, bgr=bgr) for shot, bgr in zip(shots, pictures, strict=True)]


def watch(machine, shots, reader=None, colour="", roi=None):
    """Read the shots; return (t, on, state, part) of each."""
    reader = reader or VideoReader()
    seen = []
    for shot in shots:

        def bgr(left, top, right, bottom, picture=shot.bgr):
            return picture[top:bottom, left:right]

        state = reader.read(
            shot.luma, roi or machine.roi, shot.boxes, shot.t, machine.look, colour, bgr
        )
        seen.append((shot.t, shot.on, state, shot.part))
    return seen


def first(seen, state, after=0.0):
    """Return when a state was first believed from a time on."""
    return next((t for t, _, s, _ in seen if s == state and t >= after - 1e-6), None)


def states(seen, start, end=1e9):
    """Return the states believed in a time."""
    return {s for t, _, s, _ in seen if start - 1e-6 <= t < end - 1e-6}
