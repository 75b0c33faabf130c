"""What of an analysis fails: each part by itself, so that one that fails does not blind the others.

A part is a rule, a machine or a gauge, by its id in the scene. What one of them cannot bear (a
picture that nobody thought of, a fault in its code) would end the analysis of its camera, and every
rule of it would be blind. So where the engine runs live, a part that fails is UNKNOWN or BLIND, as
if it were not seen, and the camera's health tells of it once it has lasted.
"""

import traceback
from dataclasses import dataclass, field

from workers.vision.health import Change, Health
from workers.words import sentence

FAULT = "part_fails"


@dataclass
class Failing:
    """The parts that failed in one chunk: by id, in words, and with where in the code.

    apart: whether a part may fail alone; else its error ends the analysis, as everywhere but live.
    """

    apart: bool
    words: dict[str, str] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    def note(self, part: str, name: str, error: Exception) -> str:
        """Note that a part failed, and return it in words; where nothing may, raise it again."""
        if not self.apart:
            raise error
        kind, called = type(error).__name__, name or part
        self.words[part] = sentence(f"“{called}” fails ({kind}) and sees nothing")
        if part not in self.traces:
            self.traces[part] = "".join(traceback.format_exception(error))
        return self.words[part]

    def tell(self, health: Health, part: str, t: float, why: str = "") -> list[Change]:
        """Have the camera's health judge a part: why is what fails, or "" where it works."""
        if not why and f"{FAULT}:{part}" not in health.faults:
            return []
        return health.judge(FAULT, bool(why), t, why, about=part)
