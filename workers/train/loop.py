"""The training loop: steps, moving average, checkpoints; a stopped run goes on as it was."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from workers import models
from workers.train import losses, weights
from workers.train.assign import grid
from workers.train.samples import WIDE, Plan, Steps
from workers.vision.backends import has_bfloat16
from workers.vision.nanodet import NanoDet

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run; they are recorded in the weights and in the card."""

    steps: int = 3000
    seed: int = 1
    rendered: int = 14  # pictures a step
    real: int = 9
    rate: float = 3e-4
    warm_up: int = 100
    average: float = 0.998  # share of itself that the moving average keeps a step
    memory_scores: float = 1.2
    memory_boxes: float = 0.5
    others: float = 0.25  # the teacher's other classes, on a third of the rendered pictures
    darkened: float = 0.5
    swapped: float = 0.35  # of rendered people stand before a photograph
    frozen: int = 1  # 1: the stem, 2: and the first block, ...
    clip: float = 10.0


class Run:
    """One training run: the student, its average, the frozen teacher and the optimiser."""

    def __init__(
        self,
        recipe: Recipe,
        plan: Plan,
        teacher: NanoDet,
        device: str,
        start: NanoDet | None = None,
    ) -> None:
        self.recipe, self.plan = recipe, plan
        self.device = torch.device(device)
        torch.manual_seed(recipe.seed)
        self.teacher = _ready(teacher, self.device).requires_grad_(False).eval()
        self.student = _ready(_copy(start or teacher), self.device).train()
        self.average = _copy(self.student).to(self.device).requires_grad_(False)
        early = [self.student.stem, *self.student.blocks][: recipe.frozen]
        for part in early:
            part.requires_grad_(False)
        learnt = [p for p in self.student.parameters() if p.requires_grad]
        # No decay towards zero: what holds the weights back is the teacher.
        self.optimiser = torch.optim.AdamW(learnt, lr=recipe.rate, weight_decay=0.0)
        contract = models.find(weights.BASE).contract
        self.mean = torch.tensor(contract.mean, device=self.device)
        self.std = torch.tensor(contract.std, device=self.device)
        self.step = 0
        points, strides = grid(*WIDE)
        self.points = torch.from_numpy(points).to(self.device)
        self.strides = torch.from_numpy(strides).to(self.device)

    def rate(self) -> float:
        """Return the learning rate of this step: a short rise, then half a cosine to 2 %."""
        recipe = self.recipe
        rise = min(1.0, (self.step + 1) / max(1, recipe.warm_up))
        turn = torch.pi * min(1.0, self.step / max(1, recipe.steps))
        return recipe.rate * rise * (0.02 + 0.98 * 0.5 * (1 + float(torch.cos(torch.tensor(turn)))))

    def learn(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """Take one step on a batch; return its losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.zero_grad(set_to_none=True)
        told: dict[str, float] = {}
        for part in (self._rendered, self._real):
            terms = part(batch)
            if terms:
                torch.stack(list(terms.values())).sum().backward()
                told |= {name: float(value.detach()) for name, value in terms.items()}
        learnt = [p for p in self.student.parameters() if p.requires_grad]
        norm = torch.nn.utils.clip_grad_norm_(learnt, self.recipe.clip)
        if torch.isfinite(norm):
            self.optimiser.step()
        self.step += 1
        # Early on the average forgets faster, or it would stay with the original for long.
        keep = min(self.recipe.average, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.student.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        return told | {"norm": float(norm)}

    def _rendered(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if "rendered" not in batch:
            return {}
        x = self._normal(batch["rendered"])
        output = self._forward(self.student, x)
        targets = losses.Targets(
            batch["chosen"].to(self.device),
            batch["boxes"].to(self.device),
            self.points,
            self.strides,
        )
        scores, boxes = losses.people(output, targets)
        terms = {"scores": scores, "boxes": boxes}
        if self.recipe.others:
            few = max(1, len(x) // 3)
            with torch.no_grad():
                known = self._forward(self.teacher, x[:few])
            others, _ = losses.memory(output[:few], known, first_class=1)
            terms["others"] = self.recipe.others * others
        return terms

    def _real(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if "seen" not in batch:
            return {}
        with torch.no_grad():
            known = self._forward(self.teacher, self._normal(batch["clean"]))
        output = self._forward(self.student, self._normal(batch["seen"]))
        scores, boxes = losses.memory(output, known)
        return {
            "memory": self.recipe.memory_scores * scores,
            "memory_boxes": self.recipe.memory_boxes * boxes,
        }

    def _normal(self, pictures: Tensor) -> Tensor:
        """Turn pictures (B, H, W, 3), uint8 BGR, into the network's input."""
        x = pictures.to(self.device).float()
        return ((x - self.mean) / self.std).permute(0, 3, 1, 2)

    def _forward(self, net: NanoDet, x: Tensor) -> Tensor:
        with self._half():
            output = net(x)
        return output.float()

    def _half(self) -> AbstractContextManager[None]:
        # Emulated it is ten times slower than whole floats.
        able = self.device.type != "cpu" or has_bfloat16()
        return torch.autocast(self.device.type, torch.bfloat16, enabled=able)

    def save(self, path: Path) -> None:
        """Write all that the next step depends on; whole or not at all."""
        part = path.with_suffix(".part")
        torch.save(
            {
                "student": self.student.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "random": torch.get_rng_state(),
                "step": self.step,
                "recipe": asdict(self.recipe),
            },
            part,
        )
        part.replace(path)

    def resume(self, path: Path) -> bool:
        """Take up a checkpoint; False where there is none, ModelError where its recipe differs."""
        if not path.is_file():
            return False
        kept = torch.load(path, map_location=self.device, weights_only=True)
        ours = asdict(self.recipe)
        other = [f"{k} {kept['recipe'].get(k)}" for k in ours if kept["recipe"].get(k) != ours[k]]
        if other:
            raise models.ModelError(
                f"{path} was begun with {', '.join(other)}; go on with that, "
                "or move it away to start anew"
            )
        self.student.load_state_dict(kept["student"])
        self.average.load_state_dict(kept["average"])
        self.optimiser.load_state_dict(kept["optimiser"])
        torch.set_rng_state(kept["random"].cpu())
        self.step = int(kept["step"])
        return True


def pace(run: Run, takes: int = 3) -> float:
    """Return how many seconds a step takes here, by taking some after a first; the run is spent.

    A tenth is added for the process that makes pictures beside it.
    """
    steps = Steps(run.plan)
    batches = [steps[number] for number in range(takes + 1)]
    run.learn(batches[0])
    began = time.monotonic()
    for batch in batches[1:]:
        run.learn(batch)
    return 1.1 * (time.monotonic() - began) / takes


def kept_steps(path: Path) -> int | None:
    """Return how many steps the run of a checkpoint takes in all; None where there is none."""
    if not path.is_file():
        return None
    return int(torch.load(path, map_location="cpu", weights_only=True)["recipe"]["steps"])


def train(
    run: Run,
    folder: Path,
    *,
    loaders: int,
    until: float | None = None,
    every_s: float = 180.0,
    say: Callable[[str], None] = print,
) -> None:
    """Take the steps left, with a checkpoint every few minutes; until: time.monotonic() to stop at.

    Stopping early keeps the checkpoint; the next call goes on from there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / CHECKPOINT
    if run.resume(checkpoint):
        say(f"resumed at step {run.step}")
    began, saved, first = time.monotonic(), time.monotonic(), run.step
    sums: dict[str, float] = {}
    with (folder / "losses.jsonl").open("a") as log:
        for batch in _batches(run, loaders):
            for name, value in run.learn(batch).items():
                sums[name] = sums.get(name, 0.0) + value
            now = time.monotonic()
            if run.step % 50 == 0 or run.step == run.recipe.steps:
                count = 50 if run.step % 50 == 0 else run.step % 50
                means = {name: round(value / count, 4) for name, value in sums.items()}
                pace = (now - began) / (run.step - first)
                line = {"step": run.step, "s_per_step": round(pace, 3), **means}
                log.write(json.dumps(line) + "\n")
                log.flush()
                say(json.dumps(line))
                sums = {}
            late = until is not None and now >= until
            if now - saved >= every_s or late or run.step == run.recipe.steps:
                run.save(checkpoint)
                saved = now
            if late:
                say(f"stopped at step {run.step}: out of time")
                return


def _batches(run: Run, loaders: int) -> Iterator[dict[str, Tensor]]:
    steps = range(run.step, run.recipe.steps)
    yield from DataLoader(
        Steps(run.plan),
        batch_size=None,
        sampler=steps,
        num_workers=loaders,
        prefetch_factor=3 if loaders else None,
        worker_init_fn=_quiet,
        multiprocessing_context="fork" if loaders else None,
    )


def _quiet(_: int) -> None:
    """Keep a loader's process to one thread."""
    torch.set_num_threads(1)


def _copy(net: NanoDet) -> NanoDet:
    twin = NanoDet()
    twin.load_state_dict(net.state_dict())
    return twin


def _ready(net: NanoDet, device: torch.device) -> NanoDet:
    net = net.to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net
