"""What an admin changes in the portal, and what its pages say of the installation."""

from typing import Any

import pytest
import time_machine
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.accounts.forms import TokenForm
from apps.accounts.services import language_set
from apps.alarms.tasks import keep_time
from apps.audit.models import AuditEntry
from apps.cameras.models import Analysis, StreamState
from apps.cameras.tasks import watch_streams
from apps.evidence import storage
from apps.evidence.tasks import cut_due
from apps.live.tasks import answer
from apps.mines.models import Area, Machine, Mine, Organisation
from apps.mines.retiring import area_delete
from apps.mines.services import area_create, machine_create, machine_update
from apps.notify.services import route_create
from apps.plans.views import PlanForm
from apps.portal.discovery import AddForm, AskForm
from apps.portal.forms import (
    AreaForm,
    CameraForm,
    InMineForm,
    MachineForm,
    MineForm,
    ModelForm,
    PersonForm,
)
from apps.portal.imports import SheetForm
from apps.portal.organisations import MemberForm, NameForm
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    "form",
    [
        AreaForm, CameraForm, MachineForm, MineForm, ModelForm, PersonForm, AddForm, AskForm,
        SheetForm, MemberForm, NameForm, PlanForm,
    ],
)  # fmt: skip
def test_every_form_explains_its_fields_in_place(form: Any):
    silent = [
        name
        for name, field in form.base_fields.items()
        if not field.help_text and not field.widget.is_hidden and name != "places"
    ]
    assert not silent  # a choice between two sentences explains itself


@pytest.mark.parametrize("form", [InMineForm, MineForm, ModelForm, PlanForm, TokenForm])
def test_a_choice_that_is_not_made_yet_says_what_is_to_be_chosen(form: Any):
    choices = [f for f in form.base_fields.values() if isinstance(f, forms.ModelChoiceField)]
    assert choices and not [one.label for one in choices if "---" in str(one.empty_label)]


def test_a_person_s_name_is_no_thing_s_name_in_chinese(cast: Cast):
    language_set(user=cast.admin, language="zh-hans")
    reader, here = signed_in(cast.admin), f"/portal/mines/{cast.lamp_hill.mine.pk}/"
    for address in (f"{here}people/new/", "/portal/people/", here):
        assert "姓名" in reader.get(address).content.decode(), address
    assert "名称" in reader.get(f"{here}areas/new/").content.decode()


def test_an_auditor_finds_the_audit_and_both_the_plans(cast: Cast):
    auditor = signed_in(cast.auditor).get("/alarms/").content.decode()
    operator = signed_in(cast.operator).get("/alarms/").content.decode()
    assert 'href="/audit/"' in auditor and 'href="/plans/"' in auditor
    assert 'href="/audit/"' not in operator and 'href="/plans/"' in operator


def test_a_place_is_renamed_and_the_record_says_from_what(cast: Cast):
    area = cast.lamp_hill.area
    ben = signed_in(cast.admin)
    assert ben.post(f"/portal/areas/{area.pk}/", {"name": "Winch house A"}).status_code == 302
    with system_scope("test"):
        assert Area.objects.get(pk=area.pk).name == "Winch house A"
        [entry] = AuditEntry.objects.filter(action="area.changed")
    assert entry.detail == {"before": {"name": "Winch house"}, "name": "Winch house A"}


def test_a_name_that_is_taken_is_said_beside_its_field_and_stays_typed(cast: Cast):
    area = cast.lamp_hill.area
    with mine_scope(cast.lamp_hill.mine.pk):
        area_create(mine=cast.lamp_hill.mine, name="Sump A")
    answer = signed_in(cast.admin).post(f"/portal/areas/{area.pk}/", {"name": "Sump A"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "already" in page and 'value="Sump A"' in page


def test_a_machine_keeps_its_key_whatever_is_sent(cast: Cast):
    place = cast.lamp_hill
    given = {"name": "Hoist", "kind": "hoist", "area": place.area.pk, "key": "other"}
    address = f"/portal/machines/{place.machine.pk}/"
    assert signed_in(cast.admin).post(address, given).status_code == 302
    with system_scope("test"):
        machine = Machine.objects.get(pk=place.machine.pk)
    assert (machine.name, machine.kind, machine.key) == ("Hoist", "hoist", "winch-1")


def test_a_machine_does_not_move_to_another_mine(cast: Cast):
    with system_scope("test"), pytest.raises(ValidationError, match="machine's mine"):
        machine_update(machine=cast.lamp_hill.machine, area=cast.deep_vale.area)


def test_a_form_that_changes_nothing_records_nothing(cast: Cast):
    mine = cast.lamp_hill.mine
    given = {"name": mine.name, "timezone": mine.timezone}
    ben = signed_in(cast.admin)
    assert ben.post(f"/portal/mines/{mine.pk}/change/", given).status_code == 302
    with system_scope("test"):
        assert not AuditEntry.objects.filter(action="mine.changed").exists()


def test_a_mines_clock_is_changed_to_one_that_there_is(cast: Cast):
    mine = cast.lamp_hill.mine
    ben = signed_in(cast.admin)
    address = f"/portal/mines/{mine.pk}/change/"
    wrong = ben.post(address, {"name": "Lamp Hill", "timezone": "Mars/Olympus"})
    assert wrong.status_code == 400 and "Mars/Olympus" in wrong.content.decode()
    body = {"timezone": "Mars/Olympus"}
    api = ben.patch(f"/api/v1/mines/{mine.pk}/", body, "application/json")
    assert api.status_code == 400 and api.json()["errors"][0]["field"] == "timezone"
    ben.post(address, {"name": "Lamp Hill", "timezone": "America/Santiago"})
    with system_scope("test"):
        assert Mine.objects.get(pk=mine.pk).timezone == "America/Santiago"


def test_an_organisation_is_renamed_and_a_half_filled_form_keeps_its_words(cast: Cast):
    organisation = cast.lamp_hill.mine.organisation
    anna = signed_in(cast.owner)
    address = f"/portal/organisations/{organisation.pk}/"
    half = anna.post(address, {"step": "add", "username": "nobody-here", "role": "auditor"})
    assert half.status_code == 400
    page = half.content.decode()
    assert "Nobody has this user name." in page and 'value="nobody-here"' in page
    anna.post(address, {"step": "name", "name": "Northern Coke"})
    with system_scope("test"):
        assert Organisation.objects.get(pk=organisation.pk).name == "Northern Coke"


def parts(client: Client) -> dict[str, tuple[str, str]]:
    shown = client.get("/portal/health/").context["shown"].page
    return {part.name: (part.state, part.words) for part in shown}


def test_health_says_which_part_does_not_do_its_work(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    ben, camera, now = signed_in(cast.admin), cast.lamp_hill.camera, timezone.now()
    with system_scope("test"):
        StreamState.objects.create(
            mine=camera.mine, camera=camera, stream="main", state="recording", since=now,
            last_chunk_at=now,
        )  # fmt: skip
        Analysis.objects.filter(camera=camera).update(analysed_until=now, lag_s=1.5)
    good = parts(ben)
    assert good["Recorder"] == ("protecting", "1 of 1 streams are recorded")
    assert good["Analysis"][0] == good["Store of videos (S3)"][0] == "protecting"

    def away() -> None:
        raise storage.StorageError("away")

    monkeypatch.setattr("apps.portal.health.reach", away)
    with system_scope("test"):
        StreamState.objects.update(state="lost")
        Analysis.objects.filter(camera=camera).update(lag_s=60)
    bad = parts(ben)
    assert bad["Recorder"] == ("off", "0 of 1 streams are recorded")
    assert bad["Analysis"][0] == bad["Store of videos (S3)"][0] == "blind"


def test_health_says_what_is_not_done_any_more(cast: Cast):
    ben, now = signed_in(cast.admin), timezone.now()
    names = {
        "Beat", "Watch over the cameras", "Alarms are passed on", "Messages to people",
        "Cutting of videos", "Copies, bundles and drafts",
    }  # fmt: skip
    cache.delete_many([f"pulse.{work}" for work in ("watch", "time", "notify", "videos", "replay")])

    def bad() -> set[str]:
        return {
            name for name, (state, _words) in parts(ben).items() if state != "protecting"
        } & names

    with time_machine.travel(now, tick=False) as clock:
        assert bad() == names, "nobody has seen them at work"
        watch_streams()
        keep_time()
        cut_due()
        for queue in ("notify", "replay"):
            answer(queue)
        clock.shift(29)
        assert bad() == set()
        answer("notify")
        clock.shift(20)
        assert bad() == {"Watch over the cameras", "Alarms are passed on"}
        assert "49 s ago: it is away" in parts(ben)["Alarms are passed on"][1]
        clock.shift(3600)
        assert bad() == names
        keep_time()
        assert bad() == names - {"Beat", "Alarms are passed on"}
        clock.shift(-3600)
        assert "Alarms are passed on" in bad(), "a clock set back is no proof of work"


def test_health_counts_the_cameras_of_ones_own_mines(cast: Cast):
    page = signed_in(cast.admin).get("/portal/health/").content.decode()
    assert "Lamp Hill" in page and "Deep Vale" not in page


def test_retention_says_how_long_and_where_the_rest_is_set(cast: Cast, settings: Any):
    settings.RING_AGE_S = 5400
    page = signed_in(cast.admin).get("/portal/retention/").content.decode()
    assert "90 minutes" in page and "DAVY_READINGS_*_DAYS" in page
    assert "Lamp Hill" in page and "Deep Vale" not in page


def test_a_place_or_machine_that_is_used_is_not_deleted_and_its_users_are_named(cast: Cast):
    ben, hill = signed_in(cast.admin), cast.lamp_hill
    page = ben.post(f"/portal/areas/{hill.area.pk}/remove/", follow=True).content.decode()
    assert "camera Winch house 1, machine Winch 1" in page
    page = ben.post(f"/portal/machines/{hill.machine.pk}/remove/", follow=True).content.decode()
    assert "the zones of camera Winch house 1" in page
    answer = ben.delete(f"/api/v1/machines/{hill.machine.pk}/")
    assert answer.status_code == 400 and "Winch house 1" in answer.content.decode()
    with system_scope("test"):
        assert Area.objects.filter(pk=hill.area.pk) and Machine.objects.filter(pk=hill.machine.pk)


def test_a_place_that_a_route_names_is_kept_for_it(cast: Cast, settings: Any):
    settings.NOTIFY_PRIVATE = ["192.0.2.0/24"]
    hill = cast.lamp_hill
    with mine_scope(hill.mine.pk):
        area = area_create(mine=hill.mine, name="Sump")
        route_create(
            mine=hill.mine, channel="webhook", name="Pump room", areas=[area.pk],
            address="https://192.0.2.9/", actor=cast.admin,
        )  # fmt: skip
        with pytest.raises(ValidationError, match="route Pump room"):
            area_delete(area=area)


def test_what_nothing_uses_is_deleted_and_the_record_tells_it(cast: Cast):
    ben, hill = signed_in(cast.admin), cast.lamp_hill
    with mine_scope(hill.mine.pk):
        sump = area_create(mine=hill.mine, name="Sump")
        pump = machine_create(area=sump, key="pump-9", name="Pump 9", kind="pump")
    assert ben.post(f"/portal/machines/{pump.pk}/remove/").status_code == 302
    assert ben.delete(f"/api/v1/areas/{sump.pk}/").status_code == 204
    with mine_scope(hill.mine.pk):
        assert not Area.objects.filter(pk=sump.pk) and not Machine.objects.filter(pk=pump.pk)
        acts = AuditEntry.objects.filter(action__endswith=".deleted").order_by("pk")
        assert [(act.action, act.actor.username) for act in acts] == [
            ("machine.deleted", "ben"),
            ("area.deleted", "ben"),
        ]
        assert acts[0].detail["key"] == "pump-9"


@pytest.mark.parametrize("code", [0x1B, 0x7F, 0x85, 0x202E, 0x2066, 0x2069])
def test_a_name_with_what_cannot_be_seen_is_refused_beside_its_box(cast: Cast, code: int):
    ben, hill, name = signed_in(cast.admin), cast.lamp_hill, f"Sump{chr(code)}A"
    machine = {"name": name, "key": "pump-9", "kind": "pump", "area": hill.area.pk}
    camera = {"name": name, "main_url": "rtsp://10.0.0.8/main", "area": hill.area.pk, "chunk_s": 1}
    for address, given in (
        (f"/portal/mines/{hill.mine.pk}/areas/new/", {"name": name}),
        (f"/portal/areas/{hill.area.pk}/", {"name": name}),
        (f"/portal/mines/{hill.mine.pk}/machines/new/", machine),
        (f"/portal/mines/{hill.mine.pk}/cameras/new/", camera),
        (f"/portal/cameras/{hill.camera.pk}/change/", camera),
        (f"/portal/mines/{hill.mine.pk}/change/", {"name": name, "timezone": "UTC"}),
    ):
        answer = ben.post(address, given)
        assert answer.status_code == 400, address
        [said] = answer.context["form"].errors["name"]
        assert f"U+{code:04X}" in said
    api = ben.patch(f"/api/v1/cameras/{hill.camera.pk}/", {"name": name}, "application/json")
    assert api.status_code == 400 and api.json()["errors"][0]["field"] == "name"
    with system_scope("test"):
        assert not Area.objects.filter(name=name) and not Machine.objects.filter(name=name)


def test_a_name_of_any_letters_is_taken(cast: Cast):
    ben, mine = signed_in(cast.admin), cast.lamp_hill.mine
    for name in ("二号绞车房（北）", "Čelo 3 – «A»", "بئر ٢"):
        given = {"name": name}
        assert ben.post(f"/portal/mines/{mine.pk}/areas/new/", given).status_code == 302
    with system_scope("test"):
        assert Area.objects.filter(mine=mine).count() == 4


def test_a_second_place_of_the_same_name_is_refused_as_a_place(cast: Cast):
    page = signed_in(cast.admin).post(
        f"/portal/mines/{cast.lamp_hill.mine.pk}/areas/new/", {"name": cast.lamp_hill.area.name}
    )
    assert "This mine has a place of that name already." in page.content.decode()
