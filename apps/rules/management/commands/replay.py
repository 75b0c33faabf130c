"""`manage.py replay`: run a draft scene over recorded chunks and say what it would have raised."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.cameras.models import Camera
from apps.rules.replay import replay
from apps.tenancy.scope import mine_scope, system_scope
from workers.checks import SceneError
from workers.models import ModelError
from workers.vision.detector import load_detector


def moment(text: str) -> datetime:
    """Return a time; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Parse, call, answer."""

    help = "Run a scene over recorded chunks and say which alarms it would have raised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--camera", type=int, required=True, help="the camera's number")
        parser.add_argument("--from", dest="since", type=moment, required=True, help="ISO 8601")
        parser.add_argument("--to", dest="until", type=moment, required=True, help="ISO 8601")
        parser.add_argument("--scene", help="an edited scene (JSON); default: the one in force")
        parser.add_argument("--model", default="default", help="a name of the model catalogue")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and print one line for each alarm, then the summary."""
        if options["until"] <= options["since"]:
            raise CommandError("--to must be later than --from")
        document = None
        try:
            if options["scene"]:
                with open(options["scene"], encoding="utf-8-sig") as file:
                    document = json.load(file)
            with system_scope("a camera's number names no mine"):
                camera = Camera.objects.filter(pk=options["camera"]).first()
            if camera is None:
                raise CommandError(f"no camera {options['camera']}")
            with mine_scope(camera.mine_id):
                done = replay(
                    camera=Camera.objects.select_related("mine").get(pk=camera.pk),
                    since=options["since"],
                    until=options["until"],
                    document=document,
                    detector=load_detector(options["model"]),
                )
        except (SceneError, ModelError) as error:
            raise CommandError(f"{options['scene'] or 'scene'}: {error}") from None
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['scene']}: {error}") from None
        for alarm in done.alarms:
            at = datetime.fromtimestamp(alarm.t, tz=UTC).isoformat(timespec="milliseconds")
            self.stdout.write(f"{at} {alarm.severity} {alarm.rule}: {alarm.why}")
        tally = done.tally
        if not tally.chunks:
            self.stdout.write("nothing is recorded in this span")
            return
        count = len(done.alarms)
        span_s = (options["until"] - options["since"]).total_seconds()
        self.stdout.write(
            f"would have raised {count} alarm{'' if count == 1 else 's'} in {tally.seconds:.0f} s "
            f"of recording ({tally.holes_s:.0f} s of {span_s:.0f} not recorded, "
            f"{tally.unread_s:.0f} s unreadable, {tally.blind_s:.0f} s blind); "
            f"took {tally.took_s:.1f} s"
        )
