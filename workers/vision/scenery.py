"""What a camera usually shows, and how today's picture differs: blurred, hazy, blocked or moved.

The picture is cut into cells. Each cell knows its usual detail (a running mean over seven days) and
where its pattern lies in a reference picture. Blur takes the detail and leaves the coarse pattern;
haze takes the contrast and leaves the detail relative to it; something in front of the lens takes
both; a camera that was turned shows the patterns elsewhere, or others.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from workers.packing import pack_image, unpack_image
from workers.vision.alignment import carried
from workers.vision.focus import SOFT, steepness
from workers.vision.gate import relative
from workers.vision.knock import Knock
from workers.vision.places import COLUMNS, PATCH, REACH, ROWS, Match, compare, place, stands
from workers.vision.writing import around, wiped, writing

# Usual values are learnt over so many looks at first, then with this time constant (7 days).
FIRST_LOOKS = 8
USUAL_S = 7 * 86400.0
# Below this mean luma nothing is said of the picture but that it is dark.
TOO_DARK = 28.0
# Detail of a cell: less says nothing (a plain wall); below this share of the usual it is lost.
TEXTURE = 1.2
LOST_DETAIL = 0.4
# Where so much is in its place the view is not asked whether it was zoomed or turned.
IN_PLACE = 0.9
# A pattern that was gone for so long, while so many others were in their place, is a change of the
# place and not of the view: water that rose, a heap, a parked car. What is in its place is never
# renewed, so that a camera that sinks slowly is told of.
RENEW_S, ANCHORED = 1800.0, 0.6
# Without a memory: what is left of a picture relative to its local mean, in percent, where nothing
# can be made out (rendered water by day: 4, in mist that hides two thirds of it: 0.6), beside
# this part of its noise; and how many cells at most have an edge where none is sharp (the dimmest
# rendered pictures: 11).
BLANK, BLANK_NOISE, FEW_SHARP = 0.6, 0.25, 4
# Of another place so many of the whole view's finer patches match by chance; it is the same place
# in another light where so many do, and the same view in a picture of another shape: stretched to
# it 0.93 and more are in their place, cut to it 0.71 at most.
ELSEWHERE, SAME, STRETCHED = 0.28, 0.5, 0.8
# A second reference is kept for another light: the luma differs by more than this factor.
OTHER_LIGHT = 1.6


@dataclass(frozen=True, slots=True)
class Look:
    """One comparison, shares of the cells that can tell: None where too few can.

    dull: detail lost; gone: pattern found nowhere; there: found in its place; shifted: found, but
    elsewhere; contrast: now as a share of the usual; black: the darkest luma, 0..255; place: of
    finer patches found in place, asked only where there is low; reshaped: no picture of this shape
    is known. Without any memory: blank: nothing at all can be made out; smeared: no edge is sharp.
    """

    dull: float | None
    gone: float | None
    there: float | None
    shifted: float | None
    contrast: float | None
    black: float
    blank: bool = False
    smeared: bool = False
    place: float | None = None
    reshaped: bool = False


@dataclass
class Scenery:
    """The memory: usual detail by cell, usual contrast, and one or two reference pictures."""

    detail: list[float] = field(default_factory=list)
    contrast: float = 0.0
    looks: int = 0
    references: list[tuple[np.ndarray, float]] = field(default_factory=list)
    # For how long each cell's pattern is gone from the reference last recognised, in s.
    gone_s: list[float] = field(default_factory=lambda: [0.0] * (COLUMNS * ROWS))
    # A person said that the view is right, however little it shows.
    accepted: bool = False
    knock: Knock = field(default_factory=Knock)
    recognised: Match | None = field(default=None, repr=False, compare=False)
    # By cell in the last look: what can tell of its detail, and what lost it.
    textured: np.ndarray | None = field(default=None, repr=False, compare=False)
    dulled: np.ndarray | None = field(default=None, repr=False, compare=False)
    # Where the camera wrote over its picture in the last look, and where that tells nothing.
    written: np.ndarray | None = field(default=None, repr=False, compare=False)
    over: np.ndarray | None = field(default=None, repr=False, compare=False)

    def look(
        self, small: np.ndarray, fine: np.ndarray, pattern: np.ndarray, noise: float = 0.0
    ) -> Look:
        """Compare a frame with what is usual; nothing is learnt but where the view lies.

        small: shrunk luma (H, W); fine: the luma at half of its resolution; pattern: small relative
        to its local mean, uint8; noise: of small, in grey levels.
        """
        self.textured = self.dulled = None
        self.written = writing(fine, pattern.shape)
        over = self.over = around(self.written)
        unwritten = small if over is None else small[~over]
        black = float(np.percentile(unwritten, 2))
        if float(small.mean()) < TOO_DARK:
            return Look(None, None, None, None, None, black)
        pattern = wiped(pattern, over)
        free = _free(over)
        blank = not self.accepted and _is_blank(
            pattern, 100 * noise / (float(small.mean()) + 10), over
        )
        detail = _detail(fine)
        if self.looks < FIRST_LOOKS or not self.references:
            sharp = int((detail >= TEXTURE)[free].sum())
            steep = steepness(fine, over)
            soft = sharp <= FEW_SHARP * free.mean() or (steep is not None and steep < SOFT)
            smeared = not self.accepted and soft
            return Look(None, None, None, None, None, black, blank, smeared)
        usual = np.array(self.detail)
        textured = self.textured = (usual >= TEXTURE) & free
        dulled = self.dulled = textured & (detail < LOST_DETAIL * usual)
        dull = float(dulled[textured].mean()) if textured.sum() >= 6 else None
        best = self.recognised = None
        # What was drawn in shares of the picture lies right where the view fills another shape.
        known = self._known(pattern.shape)
        for number, reference in enumerate(known):
            found = compare(reference, pattern, number)
            if found is not None and (best is None or found.there > best.there):
                best = self.recognised = found
        if best is not None:
            self.knock.observe(known[best.number], pattern)
        reshaped = all(reference.shape != pattern.shape for reference, _ in self.references)
        found_there = None
        if reshaped or (best is not None and best.there < ANCHORED):
            places = [place(reference, pattern) for reference in known]
            found_there = max((one for one in places if one is not None), default=None)
        gone, there, shifted = (best.gone, best.there, best.shifted) if best else (None,) * 3
        contrast = _contrast(unwritten) / max(self.contrast, 1e-3)
        return Look(
            dull, gone, there, shifted, contrast, black, blank, place=found_there, reshaped=reshaped
        )

    def learn(
        self, small: np.ndarray, fine: np.ndarray, pattern: np.ndarray, step_s: float
    ) -> None:
        """Take a frame without a fault as usual; pattern: the background, in which nobody walks."""
        luma = float(small.mean())
        if luma < TOO_DARK:
            return
        share = max(1 / (self.looks + 1) if self.looks < FIRST_LOOKS else 0.0, step_s / USUAL_S)
        now = _detail(fine)
        old = np.array(self.detail) if self.detail else now
        self.detail = [round(float(v), 5) for v in old + share * (now - old)]
        unwritten = small if self.over is None else small[~self.over]
        self.contrast += share * (_contrast(unwritten) - self.contrast)
        self.looks = min(self.looks + 1, 1_000_000)
        self.references = [(_shaped(one, pattern.shape), then) for one, then in self.references]
        if self.looks < FIRST_LOOKS:
            self.references = [(pattern, luma)]
        elif all(_differs(luma, other) for _, other in self.references):
            # Another light: kept beside the first, once the first is still recognised in it, and
            # in the picture too: the background may still show the place that was left.
            first = wiped(self.references[0][0], self.over)
            both = (wiped(one, self.over) for one in (pattern, relative(small)))
            places = [place(first, one) for one in both]
            if not self.knock and all(one is not None and one >= SAME for one in places):
                self.references = [self.references[0], (pattern, luma)]
        elif self.recognised is not None:
            self._renew(self.recognised, pattern, step_s)

    def _renew(self, match: Match, pattern: np.ndarray, step_s: float) -> None:
        """Take into the reference what has changed for long while the camera stood still."""
        reference, luma = self.references[match.number]
        anchored = match.there >= ANCHORED
        height, width = reference.shape
        for cell in range(COLUMNS * ROWS):
            away = anchored and cell in match.gone_cells
            self.gone_s[cell] = round(self.gone_s[cell] + step_s, 1) if away else 0.0
            if self.gone_s[cell] >= RENEW_S:
                row, column = divmod(cell, COLUMNS)
                place = (
                    slice(row * height // ROWS, (row + 1) * height // ROWS),
                    slice(column * width // COLUMNS, (column + 1) * width // COLUMNS),
                )
                reference = reference.copy()
                reference[place] = pattern[place]
                self.references[match.number] = (reference, luma)
                self.gone_s[cell] = 0.0

    def same_light(self, small: np.ndarray) -> bool:
        """Tell whether a reference was taken in such light."""
        luma = float(small.mean())
        return any(not _differs(luma, other) for _, other in self.references)

    def stands(self, pattern: np.ndarray) -> bool:
        """Tell whether a whole side of the view is where it was: then the camera was not moved."""
        pattern = wiped(pattern, self.over)
        return any(stands(reference, pattern) for reference in self._known(pattern.shape))

    def carried(self, pattern: np.ndarray) -> float:
        """Return how far the whole view was carried, as a share of the diagonal; 0: not so.

        Asked only where less is in its place than usual. A view that is in its place in one light
        is in its place.
        """
        match = self.recognised
        if match is None or match.there >= IN_PLACE:
            return 0.0
        reference = self._known(pattern.shape)[match.number]
        reach = max(2, round(REACH * float(np.hypot(*reference.shape))))
        return carried(reference, wiped(pattern, self.over), PATCH, reach)

    def _known(self, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Return the references in a picture's shape, without what is written over it now."""
        return [wiped(_shaped(one, shape), self.over) for one, _ in self.references]

    def accept(self) -> None:
        """Forget what was usual: a person says that the camera now looks elsewhere."""
        self.detail, self.contrast, self.looks, self.references = [], 0.0, 0, []
        self.gone_s, self.recognised = [0.0] * (COLUMNS * ROWS), None
        self.knock = Knock()
        self.accepted = True

    def dump(self) -> dict[str, Any]:
        """Return a JSON-like form."""
        return {
            "detail": self.detail,
            "contrast": self.contrast,
            "looks": self.looks,
            "references": [[pack_image(image), luma] for image, luma in self.references],
            "gone_s": self.gone_s,
            "accepted": self.accepted,
            "knock": self.knock.dump(),
            "written": None if self.written is None else pack_image(self.written),
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Scenery":
        """Rebuild from dump()."""
        references = [(unpack_image(image), luma) for image, luma in data["references"]]
        return cls(
            data["detail"], data["contrast"], data["looks"], references, data["gone_s"],
            data.get("accepted", False), Knock.load(data.get("knock", {})),
            written=unpack_image(data["written"]).astype(bool) if data.get("written") else None,
        )  # fmt: skip


def _differs(luma: float, other: float) -> bool:
    return max(luma, other) > OTHER_LIGHT * max(1.0, min(luma, other))


def _is_blank(pattern: np.ndarray, noise: float, over: np.ndarray | None) -> bool:
    """Tell whether a relative picture shows nothing but noise, in percent as the picture is.

    It is made coarse, so that little of the noise is left. over: where it tells nothing.
    """
    coarse = cv2.resize(pattern.astype(np.float32), (40, 22), interpolation=cv2.INTER_AREA)
    tells = np.zeros(coarse.shape, bool)
    # At the rim the local mean is one-sided: a vignette would count.
    tells[2:-2, 3:-3] = True
    if over is not None:
        tells &= cv2.resize(over.astype(np.float32), (40, 22), interpolation=cv2.INTER_AREA) == 0
    return float(coarse[tells].std()) < float(np.hypot(BLANK, BLANK_NOISE * noise))


def _free(over: np.ndarray | None) -> np.ndarray:
    """Return which cells of the picture nothing is written over, (cells,) bool."""
    if over is None:
        return np.ones(COLUMNS * ROWS, bool)
    share = cv2.resize(over.astype(np.float32), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return (share < 0.5).ravel()


def _contrast(small: np.ndarray) -> float:
    """Return the spread of a picture, or of some of its pixels, relative to its brightness."""
    return float(small.std()) / (float(small.mean()) + 10.0)


def _detail(fine: np.ndarray) -> np.ndarray:
    """Return each cell's mean gradient in percent of its brightness, (cells,).

    Light noise is smoothed away first, so that a noisy picture is not taken for a sharp one.
    """
    value = cv2.GaussianBlur(fine, (3, 3), 0)
    x = cv2.Sobel(value, cv2.CV_16S, 1, 0)
    y = cv2.Sobel(value, cv2.CV_16S, 0, 1)
    steep = cv2.addWeighted(cv2.convertScaleAbs(x), 0.5, cv2.convertScaleAbs(y), 0.5, 0)
    # Edges count, not the floor of noise beneath them.
    edges = np.maximum(steep.astype(np.float32) - 6, 0)
    size = (COLUMNS, ROWS)
    cells = cv2.resize(edges, size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(fine.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return (100 * cells / (mean + 10.0)).ravel()


def _shaped(reference: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a reference as it is, or stretched to another picture's shape."""
    if reference.shape == shape:
        return reference
    return cv2.resize(reference, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
