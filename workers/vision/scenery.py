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
from workers.vision.gate import relative
from workers.vision.knock import Knock

COLUMNS, ROWS = 8, 5
# Usual values are learnt over so many looks at first, then with this time constant (7 days).
FIRST_LOOKS = 8
USUAL_S = 7 * 86400.0
# Below this mean luma nothing is said of the picture but that it is dark.
TOO_DARK = 28.0
# Detail of a cell: less says nothing (a plain wall); below this share of the usual it is lost.
TEXTURE = 1.2
LOST_DETAIL = 0.4
# A pattern is found again from this correlation on; below the lower one it is gone.
FOUND, GONE = 0.55, 0.35
# How far a pattern is looked for, and from where on it has moved, as shares of the diagonal.
REACH, MOVED = 0.11, 0.05
PATCH = 11
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
# A camera stands where a side of the view, a third deep, still shows so much of its pattern in its
# place, over so many finer patches: whatever the rest shows has changed there, as water that rises.
STANDS, STANDS_LEAST = 0.7, 16
FINE_COLUMNS, FINE_ROWS, FINE_SPREAD = 16, 10, 1.5
# Of another place so many of the whole view's finer patches match by chance; it is the same place
# in another light where so many do, and the same view in a picture of another shape: stretched to
# it 0.93 and more are in their place, cut to it 0.71 at most.
ELSEWHERE, SAME, STRETCHED, PLACE_LEAST = 0.28, 0.5, 0.8, 40
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
    recognised: "Match | None" = field(default=None, repr=False, compare=False)
    # By cell in the last look: what can tell of its detail, and what lost it.
    textured: np.ndarray | None = field(default=None, repr=False, compare=False)
    dulled: np.ndarray | None = field(default=None, repr=False, compare=False)

    def look(
        self, small: np.ndarray, fine: np.ndarray, pattern: np.ndarray, noise: float = 0.0
    ) -> Look:
        """Compare a frame with what is usual; nothing is learnt but where the view lies.

        small: shrunk luma (H, W); fine: the luma at half of its resolution; pattern: small relative
        to its local mean, uint8; noise: of small, in grey levels.
        """
        black = float(np.percentile(small, 2))
        self.textured = self.dulled = None
        if float(small.mean()) < TOO_DARK:
            return Look(None, None, None, None, None, black)
        blank = _is_blank(pattern, 100 * noise / (float(small.mean()) + 10)) and not self.accepted
        detail = _detail(fine)
        if self.looks < FIRST_LOOKS or not self.references:
            smeared = not self.accepted and int((detail >= TEXTURE).sum()) <= FEW_SHARP
            return Look(None, None, None, None, None, black, blank, smeared)
        usual = np.array(self.detail)
        textured = self.textured = usual >= TEXTURE
        dulled = self.dulled = textured & (detail < LOST_DETAIL * usual)
        dull = float(dulled[textured].mean()) if textured.sum() >= 6 else None
        best = self.recognised = None
        # What was drawn in shares of the picture lies right where the view fills another shape.
        known = [_shaped(reference, pattern.shape) for reference, _ in self.references]
        for number, reference in enumerate(known):
            found = _compare(reference, pattern, number)
            if found is not None and (best is None or found.there > best.there):
                best = self.recognised = found
        if best is not None:
            self.knock.observe(known[best.number], pattern)
        reshaped = all(reference.shape != pattern.shape for reference, _ in self.references)
        place = None
        if reshaped or (best is not None and best.there < ANCHORED):
            places = [_place(reference, pattern) for reference in known]
            place = max((one for one in places if one is not None), default=None)
        gone, there, shifted = (best.gone, best.there, best.shifted) if best else (None,) * 3
        contrast = _contrast(small) / max(self.contrast, 1e-3)
        return Look(
            dull, gone, there, shifted, contrast, black, blank, place=place, reshaped=reshaped
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
        self.contrast += share * (_contrast(small) - self.contrast)
        self.looks = min(self.looks + 1, 1_000_000)
        self.references = [(_shaped(one, pattern.shape), then) for one, then in self.references]
        if self.looks < FIRST_LOOKS:
            self.references = [(pattern, luma)]
        elif all(_differs(luma, other) for _, other in self.references):
            # Another light: kept beside the first, once the first is still recognised in it, and
            # in the picture too: the background may still show the place that was left.
            first = self.references[0][0]
            places = (_place(first, pattern), _place(first, relative(small)))
            if not self.knock and all(place is not None and place >= SAME for place in places):
                self.references = [self.references[0], (pattern, luma)]
        elif self.recognised is not None:
            self._renew(self.recognised, pattern, step_s)

    def _renew(self, match: "Match", pattern: np.ndarray, step_s: float) -> None:
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
        return any(
            _stands(_shaped(reference, pattern.shape), pattern) for reference, _ in self.references
        )

    def carried(self, pattern: np.ndarray) -> float:
        """Return how far the whole view was carried, as a share of the diagonal; 0: not so.

        Asked only where less is in its place than usual. A view that is in its place in one light
        is in its place.
        """
        match = self.recognised
        if match is None or match.there >= IN_PLACE:
            return 0.0
        reference = _shaped(self.references[match.number][0], pattern.shape)
        reach = max(2, round(REACH * float(np.hypot(*reference.shape))))
        return carried(reference, pattern, PATCH, reach)

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
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Scenery":
        """Rebuild from dump()."""
        references = [(unpack_image(image), luma) for image, luma in data["references"]]
        return cls(
            data["detail"], data["contrast"], data["looks"], references, data["gone_s"],
            data.get("accepted", False), Knock.load(data.get("knock", {})),
        )  # fmt: skip


def _differs(luma: float, other: float) -> bool:
    return max(luma, other) > OTHER_LIGHT * max(1.0, min(luma, other))


def _is_blank(pattern: np.ndarray, noise: float) -> bool:
    """Tell whether a relative picture shows nothing but noise, in percent as the picture is.

    It is made coarse, so that little of the noise is left.
    """
    coarse = cv2.resize(pattern.astype(np.float32), (40, 22), interpolation=cv2.INTER_AREA)
    # At the rim the local mean is one-sided: a vignette would count.
    return float(coarse[2:-2, 3:-3].std()) < float(np.hypot(BLANK, BLANK_NOISE * noise))


def _contrast(small: np.ndarray) -> float:
    """Return the spread of a picture relative to its brightness."""
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


@dataclass(frozen=True, slots=True)
class Match:
    """What became of a reference's patches: shares, and which cells' patches are not in place."""

    gone: float
    there: float
    shifted: float
    gone_cells: frozenset[int]
    number: int


def _compare(reference: np.ndarray, pattern: np.ndarray, number: int = 0) -> Match | None:
    """Look for the reference's patches in a picture; None where too few can tell."""
    height, width = reference.shape
    diagonal = float(np.hypot(height, width))
    reach, far = max(2, round(REACH * diagonal)), MOVED * diagonal
    half = PATCH // 2
    gone = there = shifted = told = 0
    away_cells: set[int] = set()
    spread, now = _spread(reference), _spread(pattern)
    padded = cv2.copyMakeBorder(pattern, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = int((column + 0.5) * width / COLUMNS), int((row + 0.5) * height / ROWS)
            left, top = x - half, y - half
            patch = reference[max(0, top) : top + PATCH, max(0, left) : left + PATCH]
            if min(patch.shape) < PATCH or spread[y, x] < 4.0:
                continue
            told += 1
            if now[y, x] < 0.08 * spread[y, x]:
                gone += 1  # hardly any pattern is left, whatever it resembles
                away_cells.add(row * COLUMNS + column)
                continue
            # Its place first: only what is not there is worth looking for elsewhere.
            near = padded[top + reach - 1 :, left + reach - 1 :][: PATCH + 2, : PATCH + 2]
            here = float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())
            if here >= FOUND:
                there += 1
                continue
            if here >= GONE:
                continue
            away_cells.add(row * COLUMNS + column)
            around = padded[top : top + PATCH + 2 * reach, left : left + PATCH + 2 * reach]
            score = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
            _, best, _, where = cv2.minMaxLoc(score)
            away = float(np.hypot(where[0] - reach, where[1] - reach))
            # Elsewhere must be much likelier than here: patterns of a roadway repeat.
            if best >= 0.8 and away >= far:
                shifted += 1
            else:
                gone += 1
    if told < 8:
        return None
    return Match(gone / told, there / told, shifted / told, frozenset(away_cells), number)


def _fine(reference: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Tell of each finer patch of a reference whether it is in its place: 0, 1, or nan.

    (FINE_ROWS, FINE_COLUMNS) float; nan: the patch shows too little to tell.
    """
    height, width = reference.shape
    there = np.full((FINE_ROWS, FINE_COLUMNS), np.nan)
    if height < PATCH or width < PATCH:
        return there
    spread = _spread(reference)
    padded = cv2.copyMakeBorder(pattern, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for row, column in np.ndindex(there.shape):
        x, y = int((column + 0.5) * width / FINE_COLUMNS), int((row + 0.5) * height / FINE_ROWS)
        if spread[y, x] < FINE_SPREAD:
            continue
        left = min(max(0, x - PATCH // 2), width - PATCH)
        top = min(max(0, y - PATCH // 2), height - PATCH)
        patch = reference[top : top + PATCH, left : left + PATCH]
        near = padded[top : top + PATCH + 2, left : left + PATCH + 2]
        here = float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())
        there[row, column] = here >= FOUND
    return there


def _place(reference: np.ndarray, pattern: np.ndarray) -> float | None:
    """Return the share of a reference's finer patches in their place; None: too few can tell."""
    there = _fine(reference, pattern)
    known = there[np.isfinite(there)]
    return float(known.mean()) if known.size >= PLACE_LEAST else None


def _stands(reference: np.ndarray, pattern: np.ndarray) -> bool:
    """Tell whether the patches along one side of a reference are in their place in a picture."""
    there = _fine(reference, pattern)
    rows, columns = FINE_ROWS // 3 + 1, FINE_COLUMNS // 3 + 1
    sides = (there[:rows], there[-rows:], there[:, :columns], there[:, -columns:])
    for side in sides:
        known = side[np.isfinite(side)]
        # A line of writing over the picture stays where it is, and is no side of the view.
        lines = min(np.isfinite(side).any(axis=axis).sum() for axis in (0, 1))
        if known.size >= STANDS_LEAST and lines >= 3 and known.mean() >= STANDS:
            return True
    return False


def _shaped(reference: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a reference as it is, or stretched to another picture's shape."""
    if reference.shape == shape:
        return reference
    return cv2.resize(reference, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)


def _spread(pattern: np.ndarray) -> np.ndarray:
    """Return the deviation of the patch around each pixel, (H, W)."""
    value = pattern.astype(np.float32)
    size = (PATCH, PATCH)
    mean = cv2.blur(value, size)
    return np.sqrt(np.maximum(cv2.blur(value * value, size) - mean * mean, 0))
