"""When a slow measurement is made, and when it is worth writing down."""

from dataclasses import dataclass

READ_S = 1.0
# A value that cannot be read for this long is told to be unknown; shorter, somebody walks by.
LOST_S = 3.0
TELL_S = 10.0


@dataclass
class Pace:
    """The times of one measurement: made, without a value since, told and what was told; the
    value itself as last measured."""

    read_t: float | None = None
    blind_t: float | None = None
    told_t: float | None = None
    told: float | None = None
    value: float | None = None

    def is_due(self, t: float, every_s: float = READ_S) -> bool:
        """Tell whether the measurement is to be made at t: by default once a second."""
        return self.read_t is None or not -1e-6 < t - self.read_t < every_s - 0.05

    def is_back(self, t: float) -> bool:
        """Tell whether the clock was set back since the last measurement."""
        return self.read_t is not None and t < self.read_t

    def note(self, value: float | None, t: float, *, since_t: float | None = None) -> None:
        """Note that a measurement was made; since_t: since when none could be, if before t."""
        if self.is_back(t):
            self.blind_t = self.told_t = None
        self.read_t = t
        self.value = value
        if value is not None:
            self.blind_t = None
        else:
            began_t = t if since_t is None else since_t
            self.blind_t = began_t if self.blind_t is None else min(self.blind_t, began_t)

    def tell(self, value: float | None, t: float, change: float, *, always: bool = False) -> bool:
        """Tell whether the value is to be written: when it has changed, every 10 s, when lost."""
        if (
            value is None
            and not always
            and t - (t if self.blind_t is None else self.blind_t) < LOST_S
        ):
            return False
        lost = (value is None) != (self.told is None)
        moved = (
            value is not None and self.told is not None and abs(value - self.told) >= change - 1e-9
        )
        if always or lost or moved or self.told_t is None or t - self.told_t >= TELL_S - 0.05:
            self.told, self.told_t = value, t
            return True
        return False
