"""A year of fifty cameras in the index: how long one camera's day takes. Bar: 100 ms.

The rows are made by the database itself: stretches (one an hour and stream), gaps with causes in
a tenth of the hours, movements and alarms. Asked is what the timeline's page asks, through the
application's role and with row-level security in force, for days spread over the year.
"""

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from infra.command import ROOT
from infra.embedded import start_services
from infra.state import state_folder

CAMERAS, DAYS = 50, 365
ASKED = 60
END = datetime(2026, 3, 4, tzinfo=UTC)

FILL = """
INSERT INTO recordings_stretch (mine_id, camera_id, stream, since, until, chunks, bytes)
SELECT c.mine_id, c.id, s, h, h + interval '1 hour' - gap.m, 3600, 900000000
FROM cameras_camera c, unnest(ARRAY['main', 'sub']) s,
     generate_series(%(begin)s::timestamptz, %(end)s, interval '1 hour') h,
     LATERAL (SELECT (CASE WHEN random() < 0.1 THEN 5 ELSE 0 END) * interval '1 minute' m) gap;
INSERT INTO recordings_gap
    (mine_id, camera_id, stream, since, until, cause, reason, bytes, noted_at)
SELECT mine_id, camera_id, stream, until, until + interval '5 minutes',
       (ARRAY['lost', 'recorder', 'disk', 'policy'])[1 + (random() * 3)::int], '', 0, until
FROM recordings_stretch WHERE until < since + interval '1 hour';
INSERT INTO playback_motion (mine_id, camera_id, since, until)
SELECT c.mine_id, c.id, m, m + interval '20 seconds'
FROM cameras_camera c, generate_series(%(begin)s::timestamptz, %(end)s, interval '10 minutes') m;
INSERT INTO alarms_alarm (mine_id, camera_id, rule, rule_type, situation, state, level, severity,
    raised_at, last_seen_at, cleared_at, told, escalates_to, verdict, finding, chatter, count, why,
    values, boxes, zone, picture, scene_version, clauses, stages, committed_at)
SELECT c.mine_id, c.id, 'r1', 'restricted_entry', 'r1:' || extract(epoch FROM a), 'closed',
    'danger', 'high', a, a, a + interval '30 seconds', 0, '', '', '', '{}', 1, '1 person in danger',
    '{}', '[]', '[]', '{}', 1, '[]', '{}', a
FROM cameras_camera c, generate_series(%(begin)s::timestamptz, %(end)s, interval '3 hours') a;
"""


def main() -> None:
    """Print one JSON line."""
    folder = state_folder(ROOT / "var" / "bench-index")
    shutil.rmtree(folder, ignore_errors=True)
    services = start_services(state_folder(folder), os.environ)
    os.environ.update(services.env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")
    try:
        print(json.dumps(_measure(services.env["DATABASE_OWNER_URL"])), flush=True)
    finally:
        services.stop()


def _measure(owner: str) -> dict[str, object]:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=Path(ROOT), env={**os.environ, "DATABASE_URL": owner}, check=True,
    )  # fmt: skip
    import django

    django.setup()
    from apps.alarms.models import Alarm
    from apps.cameras.models import Camera
    from apps.cameras.services import camera_create
    from apps.mines.models import Organisation
    from apps.mines.services import area_create, mine_create
    from apps.playback.models import Motion
    from apps.playback.selectors import timeline_data
    from apps.recordings.models import Gap, Stretch
    from apps.tenancy.scope import mine_scope, system_scope

    with system_scope("a bench fills its own database"):
        owner_of = Organisation.objects.create(name="Bench", slug="bench")
        mine = mine_create(organisation=owner_of, name="Bench", timezone="Asia/Shanghai")
        area = area_create(mine=mine, name="Everywhere")
        for n in range(CAMERAS):
            camera_create(area=area, name=f"Camera {n}", main_url=f"rtsp://10.0.0.{n + 1}/main")
    began = time.monotonic()
    with psycopg.connect(owner) as server:
        server.execute("SELECT set_config('davy.system', 'on', true)")
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), server.transaction():
            server.execute("SET LOCAL session_replication_role = replica")  # no look-ups of keys
        span = {"begin": END - timedelta(days=DAYS), "end": END}
        for statement in filter(str.strip, FILL.split(";\n")):
            server.execute(statement, span)
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
    filled_s = time.monotonic() - began
    rng, took = random.Random(7), []
    for _ in range(ASKED):
        with mine_scope(mine.pk):
            camera = Camera.objects.select_related("mine").order_by("pk")[rng.randrange(CAMERAS)]
            since = END - timedelta(days=rng.randrange(2, DAYS - 1))
            start = time.perf_counter()
            data = timeline_data(
                camera=camera, stream="main", since=since, until=since + timedelta(days=1), now=END
            )
            took.append((time.perf_counter() - start) * 1000)
        assert data["recorded"] and data["motion"] and data["alarms"]
    took.sort()
    with system_scope("a bench counts its own rows"):
        rows = {m.__name__: m.objects.count() for m in (Stretch, Gap, Motion, Alarm)}
    return {
        "bench": "index", "rows": rows, "filled_s": round(filled_s, 1), "asked": ASKED,
        "day_ms": {
            "p50": round(statistics.median(took), 1), "p95": round(took[int(ASKED * 0.95)], 1),
            "worst": round(took[-1], 1),
        },
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
