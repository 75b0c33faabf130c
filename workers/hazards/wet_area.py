"""Water on a floor without a gauge, and wet places that grow."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.gap import KEPT, RUNS
from workers.hazards.base import CLEAR, Condition, Fault, Hazard, Memory, Rule, View, say
from workers.hazards.params import Names, gauge, number


@dataclass(frozen=True)
class Params:
    """What a mine may set."""

    gauge: str | None = gauge(
        label="Floor", required=True, help="The gauge that tells a zone's wet share."
    )
    share_pct: float = number(
        5.0, unit="%", low=0.1, high=100, label="Wet from", help="Wet share that is an alarm."
    )
    wet_s: float = number(
        30.0, unit="s", low=0, high=3600, label="Wet for", help="Time of it before the alarm."
    )
    growth_pct: float = number(
        20.0, unit="%", low=0.1, high=100, label="Growth",
        help="Growth of the wet share, in parts of the zone, that is seepage.",
    )  # fmt: skip
    growth_s: float = number(
        600.0, unit="s", low=10, high=86400, label="Growth within",
        help="Time in which it grows so much.",
    )  # fmt: skip
    stale_s: float = number(
        600.0, unit="s", low=1, high=86400, label="Unreadable for",
        help="Time without a reading before that is told.",
    )  # fmt: skip
    clear_s: float = number(
        60.0, unit="s", low=0, high=3600, label="Over after",
        help="Time below the limits before the alarm clears.",
    )  # fmt: skip


class WetArea(Hazard):
    """The wet share of a floor: too much of it, or more within minutes; either for `wet_s`.

    A share that cannot be read is never the last one: what is open stays open, the time of a wet
    floor goes on, and after `stale_s` that is told. Damp ground is known by being darker than it
    was when dry, and so is a shadow that stays, such as that of a car parked beside it: it is told
    as water. After a camera was turned on purpose the floor must be dry when the new view is
    accepted. Sources of the defaults: 5 % of a walkway for 30 s, 20 % more within 10 minutes of the
    field's practice; seepage that grows is a precursor of inrush.
    """

    type = "wet_area"
    title = "Water on the floor"
    params = Params
    levels = {"unreadable": "medium", "warning": "medium", "danger": ""}
    severity = "high"
    action = "Send somebody to look for the inflow; keep people off the place."
    uses_people = False
    min_visibility = 0.0
    remembers = {"kept": KEPT, "wet": RUNS, "grew": RUNS, "blind": RUNS}

    def check_names(self, rule: Rule, names: Names) -> Iterable[Fault]:
        """Refuse a gauge that tells metres."""
        if rule.params.gauge not in names.floors:
            yield Fault("params.gauge", "tells a level, and not the wet share of a floor")

    def evaluate(self, rule: Rule, memory: Memory, view: View) -> Condition:
        """Judge one frame."""
        params: Params = rule.params
        told = view.levels.get(params.gauge or "")
        value = None if told is None else told.value
        if value is None:
            open_level = memory.get("open")
            blind_s = view.t - float(memory.setdefault("blind", view.t))
            if open_level is None and blind_s < params.stale_s - 1e-6:
                return CLEAR  # the time of a wet floor goes on: a missing reading is no dry one
            words = say("%(gauge)s cannot be read", gauge=params.gauge)
            values = {
                "gauge": params.gauge,
                "blind_s": round(blind_s, 1),
                "limit_s": params.stale_s,
            }
            return Condition(open_level or "unreadable", why=(words,), values=values)
        memory.pop("blind", None)
        share = 100 * value
        kept: list[list[float]] = memory.setdefault("kept", [])
        if not kept or view.t - kept[-1][0] >= params.growth_s / 60 - 1e-6:
            kept.append([view.t, share])
        memory["kept"] = kept = [k for k in kept if view.t - k[0] <= params.growth_s + 1e-6]
        least = min(k[1] for k in kept)
        grown = share - least
        grows = grown >= params.growth_pct - 1e-9
        # Who walks by or a car that passes covers much of a floor, too, and is gone in seconds.
        grew = float(memory.setdefault("grew", view.t)) if grows else view.t
        if not grows:
            memory.pop("grew", None)
        wet = share >= params.share_pct
        since = float(memory.setdefault("wet", view.t)) if wet else view.t
        if not wet:
            memory.pop("wet", None)
        values = {
            "gauge": params.gauge, "wet_pct": round(share, 1), "limit_pct": params.share_pct,
            "grown_pct": round(grown, 1), "growth_limit_pct": params.growth_pct,
        }  # fmt: skip
        if grows and (view.t - grew >= params.wet_s - 1e-6 or memory.get("open") == "danger"):
            words = say("%(gauge)s grew by %(grown)s %% of the floor, %(share)s %% wet",
                        gauge=params.gauge, grown=f"{grown:.0f}", share=f"{share:.0f}")  # fmt: skip
            return Condition("danger", why=(words,), values=values)
        if wet and (view.t - since >= params.wet_s - 1e-6 or memory.get("open")):
            words = say("%(gauge)s %(share)s %% wet, limit %(limit)s %%", gauge=params.gauge,
                        share=f"{share:.0f}", limit=f"{params.share_pct:g}")  # fmt: skip
            return Condition("warning", why=(words,), values=values)
        return CLEAR


HAZARD = WetArea()
