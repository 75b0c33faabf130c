"""A bundle of 5 GB: seconds, and the peak memory of who packs, who sends and who proves it.

Videos are noise in the embedded store, of one size, under two people's word, so that none is
covered first. The packer is a process of its own, as a worker is; an auditor takes the file
through Davy's web process; the receiver proves it with `verify.py` alone. Bar: 200 MB each.
Needs 20 GB of disk for 5 GB; `make bench ARGS="bundle 1.0"` makes 1 GB.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from infra.command import ROOT
from infra.embedded import start_services
from infra.state import state_folder

MB = 1_000_000
CLIP_MB = 50
GB = 4.95
AT = datetime(2026, 3, 4, tzinfo=UTC)

PACK = """
import sys, time, django
django.setup()
from apps.bundles.services import bundle_make
from bench.bundle import peak_mb
before, began = peak_mb(), time.monotonic()
made = bundle_make(bundle_id=int(sys.argv[1]), mine_id=int(sys.argv[2]))
print(made.state if made else "none", round(time.monotonic() - began, 1), before, peak_mb())
"""


def main(arguments: list[str] | None = None) -> None:
    """Print one JSON line."""
    gigabytes = float((arguments or [GB])[0])
    folder = state_folder(ROOT / "var" / "bench-bundle")
    shutil.rmtree(folder, ignore_errors=True)
    services = start_services(state_folder(folder), os.environ)
    os.environ.update(services.env)
    os.environ["DAVY_VAR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "davy.settings")
    try:
        print(json.dumps(_measure(services.env, folder, gigabytes)), flush=True)
    finally:
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(env: dict[str, str], folder: Path, gigabytes: float) -> dict[str, Any]:
    owner = {**os.environ, "DATABASE_URL": env["DATABASE_OWNER_URL"]}
    manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(manage, cwd=ROOT, env=owner, check=True)
    import django

    django.setup()
    began = time.monotonic()
    bundle, mine, cookie = _fill(folder, round(gigabytes * 1000 / CLIP_MB))
    filled_s = time.monotonic() - began
    packer = subprocess.Popen(
        [sys.executable, "-c", PACK, str(bundle.pk), str(mine)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = _watch(bundle, mine, packer)
    state, seconds, before, peak = (packer.communicate()[0] or "failed 0 0 0").split()
    found: dict[str, Any] = {
        "bench": "bundle", "state": state, "filled_s": round(filled_s, 1),
        "packed_s": float(seconds),
        "packer_mb": {"before": float(before), "peak": float(peak)}, "percents_told": told,
    }  # fmt: skip
    if state == "ready":
        out = folder / "taken.zip"
        found |= _download(f"/bundles/{bundle.uid}/download/", cookie, out)
        found |= _prove(out)
        found["bytes"] = out.stat().st_size
    return found | {"load": round(os.getloadavg()[0], 1)}


def _fill(folder: Path, clips: int) -> tuple[Any, int, str]:
    """Make a mine with one alarm and its videos in the store; return bundle, mine, a session."""
    import hashlib

    from django.conf import settings
    from django.test import Client

    from apps.accounts.models import Role
    from apps.accounts.services import member_set, user_create
    from apps.alarms.services import alarm_raise
    from apps.audit.services import record
    from apps.bundles.services import bundle_ask
    from apps.cameras.services import camera_create
    from apps.evidence.models import Clip
    from apps.evidence.storage import put_file
    from apps.ledger.verify import digest as sealed
    from apps.mines.models import Organisation
    from apps.mines.services import area_create, mine_create
    from apps.privacy.services import unblur_agree, unblur_ask
    from apps.rules.services import scene_publish
    from apps.tenancy.scope import system_scope

    settings.ALLOWED_HOSTS = ["*"]
    noise = folder / "noise"
    with noise.open("wb") as file:
        for _ in range(CLIP_MB):
            file.write(os.urandom(MB))
    digest = hashlib.sha256(noise.read_bytes()).hexdigest()
    with system_scope("a bench fills its own database"):
        owner = Organisation.objects.create(name="Bench", slug="bench")
        mine = mine_create(organisation=owner, name="Bench", timezone="Asia/Shanghai")
        area = area_create(mine=mine, name="Winch house")
        camera = camera_create(area=area, name="Camera 1", main_url="rtsp://10.0.0.1/main")
        document = {"version": 1, "zones": [], "machines": [], "gauges": [], "masks": []}
        scene_publish(camera=camera, document={**document, "rules": []}, reason="bench")
        people = [user_create(username=name, password="lamp-and-canary") for name in ("a", "b")]
        member_set(mine=mine, user=people[0], role=Role.AUDITOR)
        member_set(mine=mine, user=people[1], role=Role.ADMIN)
        alarm = alarm_raise(
            camera=camera, rule="r1", rule_type="restricted_entry", situation="r1:1",
            level="danger", severity="high", at=AT, why="1 person in danger", values={}, boxes=[],
            zone=[], scene_version=1,
        )  # fmt: skip
        Clip.objects.filter(alarm=alarm).delete()
        for number in range(clips):
            at = AT + timedelta(seconds=30 * number)
            key, uid = f"{mine.pk}/clips/{number}.mp4", uuid4()
            put_file(key, noise, content_type="video/mp4")
            clip = Clip.objects.create(
                mine=mine, alarm=alarm, camera=camera, rule="r1", state=Clip.State.READY,
                wanted_from=at, wanted_until=at + timedelta(seconds=30), starts_at=at,
                ends_at=at + timedelta(seconds=30), key=key, bytes=CLIP_MB * MB, sha256=digest,
                next_attempt_at=AT, ready_at=AT, uid=uid,
                manifest={"clip": str(uid), "sha256": digest, "chunks": []},
            )  # fmt: skip
            told = {"sha256": digest, "manifest": sealed(clip.manifest)}
            record(action="clip.ready", subject=clip, mine_id=mine.pk, part="bench", detail=told)
            unblur = unblur_ask(clip=clip, reason="bench", actor=people[0])
            unblur_agree(unblur=unblur, actor=people[1])
        bundle = bundle_ask(mine=mine, alarms=[alarm.pk], purpose="bench", actor=people[0])
    client = Client()
    client.force_login(people[0])
    return bundle, mine.pk, client.cookies[settings.SESSION_COOKIE_NAME].value


def _watch(bundle: Any, mine: int, packer: subprocess.Popen[str]) -> list[int]:
    """Return each percentage that the bundle's page would have shown, in order."""
    from apps.bundles.selectors import percent_of
    from apps.tenancy.scope import mine_scope

    told: list[int] = []
    while packer.poll() is None:
        with mine_scope(mine):
            bundle.refresh_from_db()
        percent = percent_of(bundle)
        if percent is not None and told[-1:] != [percent]:
            told.append(percent)
        time.sleep(0.2)
    return told


def _download(path: str, cookie: str, out: Path) -> dict[str, Any]:
    """Take the bundle through the web process, as an auditor does."""
    from django.conf import settings

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "DAVY_ALLOWED_HOSTS": "127.0.0.1"}
    web = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "davy.asgi:application", "--host", "127.0.0.1"),
            *("--port", str(port), "--log-level", "warning"),
        ],
        cwd=ROOT, env=env,
    )  # fmt: skip
    try:
        process, peak, over = psutil.Process(web.pid), [0.0], threading.Event()
        _until_open(port)

        def sample() -> None:
            while not over.wait(0.1):
                peak[0] = max(peak[0], process.memory_info().rss / MB)

        before = process.memory_info().rss / MB
        watcher = threading.Thread(target=sample)
        watcher.start()
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request(
            "GET", path, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        )
        answer = connection.getresponse()
        with out.open("wb") as file:
            shutil.copyfileobj(answer, file, 1 << 20)
        seconds = time.monotonic() - began
        over.set()
        watcher.join()
    finally:
        web.terminate()
        web.wait(20)
    return {
        "download_status": answer.status,
        "download_s": round(seconds, 1),
        "web_mb": {"before": round(before, 1), "peak": round(peak[0], 1)},
    }


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _prove(out: Path) -> dict[str, Any]:
    began, peak = time.monotonic(), 0.0
    script = ROOT / "apps" / "ledger" / "verify.py"
    process = subprocess.Popen([sys.executable, "-I", str(script), str(out)], stdout=sys.stderr)
    while process.poll() is None:
        peak = max(peak, peak_mb(str(process.pid)))
        time.sleep(0.1)
    return {
        "proved": process.returncode == 0,
        "proved_s": round(time.monotonic() - began, 1),
        "verifier_peak_mb": peak,
    }


def peak_mb(process: str = "self") -> float:
    """Return the most memory that a process had since it began (Linux), 0 once it is over."""
    # ru_maxrss would tell of the process that started it as well.
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0")
    return round(int(line.split()[1]) * 1024 / MB, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
