"""What goes into a network and what comes out: the same for ours and for those of a mine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OUTPUTS = ("nanodet", "yolox", "boxes")
COLOURS = ("bgr", "rgb")
MOST_LABELS = 1000
# Largest input side: beyond it one picture takes seconds on a processor.
MOST_PX = 1920


class ModelError(Exception):
    """Weights are missing or are not what they should be; the text says what was expected."""


@dataclass(frozen=True)
class Contract:
    """How pictures become a network's input, and how its output becomes boxes.

    Input: float32 (N, 3, H, W). The picture is made so large that its longer side is `input_px`,
    laid at the top left, filled with the grey value `pad` up to multiples of `step_px` (or up to
    a square of `input_px`, where `square`), its colours in the order `colours`, each channel
    less its `mean` divided by its `std`, in the same order.

    Output, one of:
    nanodet: (N, A, L + 44), class logits and four distributions of 11 bins, strides 8, 16, 32;
    yolox: (N, A, 5 + L), raw: centre offset and log size in strides, objectness and class
    scores as probabilities, strides 8, 16, 32;
    boxes: three outputs named boxes (M, 4), scores (M) and labels (M), for one picture at a time;
    left, top, right, bottom in input pixels; a score 0 to 1; a label's number.
    """

    labels: tuple[str, ...]
    input_px: int = 416
    colours: str = "bgr"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pad: int = 0
    step_px: int = 32
    square: bool = False
    output: str = "nanodet"

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Contract":
        """Check a contract as written; ModelError says which value, expected and found."""
        unknown = sorted(set(raw) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(sorted(cls.__dataclass_fields__))
            value = unknown[0] if unknown[0].isprintable() else repr(unknown[0])
            raise ModelError(f"{value}: there is no such value; there are: {known}")
        made: dict[str, Any] = {"labels": _labels(raw.get("labels"))}
        for name, low, high in (("input_px", 32, MOST_PX), ("pad", 0, 255), ("step_px", 1, 128)):
            if name in raw:
                made[name] = _whole(name, raw[name], low, high)
        for name, choices in (("colours", COLOURS), ("output", OUTPUTS)):
            if name in raw:
                if raw[name] not in choices:
                    raise ModelError(
                        f"{name}: expected {' or '.join(choices)}, found {raw[name]!r}"
                    )
                made[name] = raw[name]
        for name in ("mean", "std"):
            if name in raw:
                made[name] = _triple(name, raw[name])
        if min(made.get("std", (1.0,))) <= 0:
            raise ModelError(f"std: expected numbers above 0, found {list(made['std'])}")
        if "square" in raw:
            if not isinstance(raw["square"], bool):
                raise ModelError(f"square: expected true or false, found {raw['square']!r}")
            made["square"] = raw["square"]
        contract = cls(**made)
        if contract.output != "boxes" and contract.step_px % 32:
            raise ModelError(f"step_px: expected multiples of 32, found {contract.step_px}")
        if contract.square and contract.input_px % contract.step_px:
            raise ModelError(
                f"input_px: expected a multiple of {contract.step_px}, found {contract.input_px}"
            )
        return contract

    def dump(self) -> dict[str, Any]:
        """Return the contract as read() takes it, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def _labels(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise ModelError(f"labels: expected a list of names, found {raw!r}")
    if len(raw) > MOST_LABELS:
        raise ModelError(f"labels: expected at most {MOST_LABELS}, found {len(raw)}")
    for label in raw:
        # Printable: a character that can be neither written nor kept is in no name.
        printable = isinstance(label, str) and label.isprintable()
        if not printable or not label.strip() or len(label) > 60:
            raise ModelError(f"labels: expected names of 1 to 60 letters, found {label!r}")
    if len(set(raw)) != len(raw):
        twice = sorted({label for label in raw if list(raw).count(label) > 1})
        raise ModelError(f"labels: expected each once, found {twice[0]!r} twice")
    return tuple(raw)


def _whole(name: str, raw: Any, low: int, high: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise ModelError(f"{name}: expected a whole number {low} to {high}, found {raw!r}")
    return raw


def _triple(name: str, raw: Any) -> tuple[float, float, float]:
    numbers = isinstance(raw, Sequence) and all(
        isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e6 for v in raw
    )
    if not numbers or len(raw) != 3:
        raise ModelError(f"{name}: expected three numbers, found {raw!r}")
    return (float(raw[0]), float(raw[1]), float(raw[2]))
