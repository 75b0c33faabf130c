"""Pictures of many cameras into one run of a network, where that is cheaper: on a GPU."""

import threading
import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from workers.vision.boxes import Box
from workers.vision.detector import Detector
from workers.vision.pair import name_at

# A frame waits at most so long for company: little beside a chunk's second.
WAIT_MS = 8.0
MOST = 32


class _Request:
    """Some pictures of one caller, and their answer."""

    def __init__(self, pictures: Sequence[np.ndarray]) -> None:
        self.pictures = pictures
        self.boxes: list[list[Box]] = []
        self.error: BaseException | None = None
        self.done = False


class Batcher:
    """A detector for many threads: their pictures share runs of at most 32.

    One of the callers leads: it waits up to wait_ms for others, runs all that came, hands each
    its own boxes in its own order, and leaves the lead to one who came meanwhile. No thread is
    kept running. If a batch fails, each caller's pictures are tried alone: one bad picture
    is its own camera's fault. What the detector is (name, light, …) is the wrapped one's.
    """

    def __init__(self, detector: Detector, *, wait_ms: float = WAIT_MS, most: int = MOST) -> None:
        self.detector = detector
        self.name = detector.name
        self.input_px = detector.input_px
        self.light = getattr(detector, "light", False)
        self.wait_s = wait_ms / 1e3
        self.most = most
        self.waiting: deque[_Request] = deque()
        self.turn = threading.Condition()
        self.leading = False

    def name_at(self, picture: np.ndarray) -> str:
        """Return the name of the network that looks at a picture."""
        return name_at(self.detector, picture)

    def detect(self, pictures: Sequence[np.ndarray]) -> list[list[Box]]:
        """Find boxes, as the wrapped detector does; may be called by many threads."""
        request = _Request(pictures)
        with self.turn:
            self.waiting.append(request)
            self.turn.notify_all()
            while not request.done and self.leading:
                self.turn.wait()
            lead = not request.done
            self.leading |= lead
        if lead:
            self._lead(request)
        if request.error is not None:
            raise request.error
        return request.boxes

    def _lead(self, request: _Request) -> None:
        """Look for all who wait until one's own request is done; leave the lead however that ends.

        A worker may be told to stop in the middle: whoever waits would wait for ever.
        """
        try:
            with self.turn:
                until = time.monotonic() + self.wait_s
                while self._count() < self.most and (left := until - time.monotonic()) > 0:
                    self.turn.wait(left)
            while not request.done:
                with self.turn:
                    group = self._take()
                self._run(group)
        finally:
            with self.turn:
                self.leading = False
                if not request.done and request in self.waiting:
                    self.waiting.remove(request)
                self.turn.notify_all()

    def _count(self) -> int:
        return sum(len(request.pictures) for request in self.waiting)

    def _take(self) -> list[_Request]:
        """Take requests up to `most` pictures, always one at least."""
        group: list[_Request] = []
        count = 0
        while self.waiting and (not group or count + len(self.waiting[0].pictures) <= self.most):
            group.append(self.waiting.popleft())
            count += len(group[-1].pictures)
        return group

    def _run(self, group: list[_Request]) -> None:
        try:
            found = iter(self.detector.detect([p for r in group for p in r.pictures]))
            for request in group:
                request.boxes = [next(found) for _ in request.pictures]
        except Exception:
            for request in group:
                try:
                    request.boxes = self.detector.detect(request.pictures)
                except Exception as error:
                    request.error = error
        except BaseException:
            for request in group:
                request.error = RuntimeError("the thread that looked for all was ended")
            raise
        finally:
            with self.turn:
                for request in group:
                    request.done = True
                self.turn.notify_all()
