"""`manage.py replay`: run a draft scene over recorded chunks and say what it would have raised."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from apps.cameras.models import Camera
from apps.clocks import Unclear, read_clock
from apps.rules.replay import replay
from apps.tenancy.scope import mine_scope, system_scope
from workers.checks import SceneError
from workers.models import ModelError
from workers.vision.load import load_detector


def moment(text: str) -> datetime:
    """Return a time as it was given, which may have no offset; ValueError for none of our times."""
    found = datetime.fromisoformat(text)
    if not 1990 < found.year < 2200:
        raise ValueError(text)
    return found


WHEN = "ISO 8601; without an offset by the clock of the camera's mine"


class Command(BaseCommand):
    """Parse, call, answer."""

    help = "Run a scene over recorded chunks and say which alarms it would have raised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--camera", type=int, required=True, help="the camera's number")
        parser.add_argument("--from", dest="since", type=moment, required=True, help=WHEN)
        parser.add_argument("--to", dest="until", type=moment, required=True, help=WHEN)
        parser.add_argument("--scene", help="an edited scene (JSON); default: the one in force")
        parser.add_argument("--model", default="default", help="a name of the model catalogue")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and print one line for each alarm, then the summary."""
        with system_scope("a camera's number names no mine"):
            camera = Camera.objects.filter(pk=options["camera"]).select_related("mine").first()
        if camera is None:
            raise CommandError(f"no camera {options['camera']}")
        zone = ZoneInfo(camera.mine.timezone)
        try:
            since, until = (
                read_clock(options[name], camera.mine.timezone) for name in ("since", "until")
            )
        except Unclear as unclear:
            raise CommandError(str(unclear)) from None
        if until <= since:
            raise CommandError("--to must be later than --from")
        try:
            detector = load_detector(options["model"])
        except ModelError as error:
            raise CommandError(f"--model: {error}") from None
        try:
            document = _document(options["scene"]) if options["scene"] else None
            with mine_scope(camera.mine_id):
                done = replay(
                    camera=camera, since=since, until=until, document=document, detector=detector
                )
        except (SceneError, OSError, ValueError) as error:
            raise CommandError(f"{options['scene'] or 'scene'}: {error}") from None
        for alarm in done.alarms:
            at = datetime.fromtimestamp(alarm.t, tz=zone).isoformat(timespec="milliseconds")
            self.stdout.write(f"{at} {alarm.severity} {alarm.rule}: {alarm.why}")
        tally = done.tally
        if not tally.chunks:
            self.stdout.write("nothing is recorded in this span")
            return
        count = len(done.alarms)
        span_s = (until - since).total_seconds()
        self.stdout.write(
            f"would have raised {count} alarm{'' if count == 1 else 's'} in {tally.seconds:.0f} s "
            f"of recording ({tally.holes_s:.0f} s of {span_s:.0f} not recorded, "
            f"{tally.unread_s:.0f} s unreadable, {tally.blind_s:.0f} s blind); "
            f"took {tally.took_s:.1f} s"
        )


def _document(path: str) -> dict[str, Any]:
    """Read an edited scene. Raises OSError, and ValueError for what is no JSON object."""
    with open(path, encoding="utf-8-sig") as file:
        document = json.load(file)
    if not isinstance(document, dict):
        raise ValueError("a scene is a JSON object, in braces")
    return document
