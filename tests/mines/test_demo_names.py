"""The demo mine calls its things by names, so that its alarms are read and not deciphered."""

from pathlib import Path

from apps.cameras.models import Camera
from apps.mines.demo import seed_demo
from apps.mines.models import Machine
from apps.rules.selectors import scene_in_force
from apps.tenancy.scope import system_scope
from workers.called import called
from workers.scene import parse_scene


def test_what_the_demo_watches_has_a_name_and_a_machine_the_one_of_its_row(
    db: None, tmp_path: Path
):
    seed_demo(rtsp="rtsp://10.0.0.9:8554", logins=tmp_path / "logins.json")
    with system_scope("the demo spans organisations"):
        named = 0
        for camera in Camera.objects.all():
            scene = scene_in_force(camera=camera)
            assert scene is not None
            document = scene.document
            for thing in (*document["zones"], *document["machines"], *document["rules"]):
                assert thing["name"] not in ("", thing["id"]), thing
                named += 1
            for key, name in called(parse_scene(document))["machine"].items():
                assert Machine.objects.get(mine=camera.mine_id, key=key).name == name
        assert named >= 8  # two winches, each with two zones and a rule at least
