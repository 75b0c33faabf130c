"""What training makes small.

People: quality focal loss on the score, GIoU and distribution focal loss on the box (Li et al.
2020, "Generalized Focal Loss"), weighted as in NanoDet. All that the network knew before:
divergence from a frozen teacher on full scores. Weighting that divergence by focal terms lets it
fade near zero, where forgetting then goes unnoticed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from workers.train.assign import BACKGROUND, REACH
from workers.vision.anchors import BINS
from workers.vision.nanodet import CLASSES

PERSON = 0
GIOU_WEIGHT = 2.0
SPREAD_WEIGHT = 0.25
# The head gives class logits for CLASSES, then four distributions of BINS.
SIDES = slice(CLASSES, CLASSES + 4 * BINS)


@dataclass(frozen=True)
class Targets:
    """Labels of a batch: boxes (B, A, 4) in input pixels where chosen (B, A) is 0 or more."""

    chosen: Tensor
    boxes: Tensor
    points: Tensor
    strides: Tensor


def expected(sides: Tensor) -> Tensor:
    """Return the distances (..., 4) in strides that distributions (..., 44) stand for."""
    bins = torch.arange(BINS, dtype=sides.dtype, device=sides.device)
    return sides.unflatten(-1, (4, BINS)).softmax(-1) @ bins


def decode(sides: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """Return boxes (N, 4) in input pixels from distributions (N, 44) at points (N, 2)."""
    distance = expected(sides) * strides[:, None]
    return torch.cat((points - distance[:, :2], points + distance[:, 2:]), 1)


def overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return IoU and GIoU (N,) of boxes a and b (N, 4), row by row."""
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).clamp(min=0)
    area = inter.prod(1)
    union = (a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - area
    union, whole = union.clamp(min=1e-6), hull.prod(1).clamp(min=1e-6)
    iou = area / union
    return iou, iou - (whole - union) / whole


def people(output: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Return the losses of scores and of boxes of a batch's output (B, A, 124).

    Ignored points count for neither.
    """
    logits = output[..., PERSON]
    positive = targets.chosen >= 0
    quality = torch.zeros_like(logits)
    count = positive.sum().clamp(min=1)
    box_loss = output.sum() * 0
    if positive.any():
        picture, anchor = positive.nonzero(as_tuple=True)
        sides = output[picture, anchor, SIDES]
        points, strides = targets.points[anchor], targets.strides[anchor]
        wanted = targets.boxes[picture, anchor]
        iou, giou = overlaps(decode(sides, points, strides), wanted)
        quality[picture, anchor] = iou.detach().clamp(min=0)
        # Sure points decide more about where the box lies.
        weight = logits[picture, anchor].detach().sigmoid().clamp(min=0.05)
        spread = _spread(sides, points, strides, wanted)
        box_loss = (weight * (GIOU_WEIGHT * (1 - giou) + SPREAD_WEIGHT * spread)).sum()
        box_loss = box_loss / weight.sum()
    focal = F.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    focal = focal * (quality - logits.sigmoid()).abs().pow(2)
    told = positive | (targets.chosen == BACKGROUND)
    return (focal * told).sum() / count, box_loss


def _spread(sides: Tensor, points: Tensor, strides: Tensor, wanted: Tensor) -> Tensor:
    """Return the distribution focal loss (N,): the two bins beside each distance share it."""
    distance = torch.cat((points - wanted[:, :2], wanted[:, 2:] - points), 1) / strides[:, None]
    distance = distance.clamp(0, REACH)
    low = distance.floor()
    share = distance - low
    log = sides.unflatten(-1, (4, BINS)).log_softmax(-1)
    below = log.gather(-1, low.long()[..., None])[..., 0]
    above = log.gather(-1, low.long()[..., None] + 1)[..., 0]
    return -((1 - share) * below + share * above).sum(-1)


def memory(student: Tensor, teacher: Tensor, first_class: int = 0) -> tuple[Tensor, Tensor]:
    """Return how far a student's output (B, A, 124) strays from the teacher's: scores, boxes.

    Scores: the divergence of every class of every point, from first_class on, over the teacher's
    total score, which is the number of things in the picture, as it sees it. Boxes: the divergence
    of the distributions, weighted by the teacher's best score.
    """
    wanted = teacher[..., first_class:CLASSES].sigmoid()
    logits = student[..., first_class:CLASSES]
    entropy = F.binary_cross_entropy_with_logits(
        teacher[..., first_class:CLASSES], wanted, reduction="none"
    )
    strayed = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") - entropy
    best = wanted.amax(-1)
    scores = strayed.sum() / best.sum().clamp(min=1)
    log_student = student[..., SIDES].unflatten(-1, (4, BINS)).log_softmax(-1)
    log_teacher = teacher[..., SIDES].unflatten(-1, (4, BINS)).log_softmax(-1)
    apart = (log_teacher.exp() * (log_teacher - log_student)).sum((-1, -2))
    sure = best * (best > 0.1)
    return scores, (apart * sure).sum() / sure.sum().clamp(min=1)
