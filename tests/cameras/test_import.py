"""Many cameras from a table: understood, shown with its faults, added all or none."""

import codecs
from importlib import import_module
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from apps.audit.models import AuditEntry
from apps.cameras import bulk, sheets
from apps.cameras.models import Camera
from apps.cameras.secrets import unlock
from apps.mines.models import Area
from apps.tenancy.scope import system_scope
from tests.cast import Cast

HEAD = "place,name,main_url,sub_url,username,password,enabled\n"
GOOD = HEAD + "Winch house,Drum,rtsp://10.0.2.1/m,rtsp://10.0.2.1/s,davy,geheim-1,yes\n"
CHINESE = "地点,名称,主码流,密码\n绞车房,滚筒东,rtsp://10.0.2.1/m,密-1\n"


@pytest.fixture
def ben(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.admin)
    return client


def address(cast: Cast) -> str:
    return reverse("portal-camera-import", args=[cast.lamp_hill.mine.pk])


def look(client: Client, cast: Cast, table: str | bytes, places: str = "refuse") -> Any:
    body = table if isinstance(table, bytes) else table.encode()
    file = SimpleUploadedFile("cameras.csv", body, "text/csv")
    return client.post(address(cast), {"file": file, "places": places})


def confirm(client: Client, cast: Cast, seen: Any, **more: str) -> Any:
    given = {"box": seen.context["box"], "places": "refuse", **more}
    return client.post(address(cast), given)


def names() -> list[str]:
    with system_scope("test"):
        return list(Camera.objects.order_by("pk").values_list("name", flat=True))


def faults(answer: Any) -> dict[int, dict[str, list[str]]]:
    return {row.line: row.faults for row in answer.context["sheet"].rows if row.faults}


def test_a_table_is_looked_at_and_then_added_whole(cast: Cast, ben: Client):
    before = names()
    seen = look(ben, cast, GOOD)
    assert "No row has a fault." in seen.content.decode()
    assert names() == before  # nothing is written by looking
    answer = confirm(ben, cast, seen)
    assert answer["Location"] == f"/portal/cameras/?mine={cast.lamp_hill.mine.pk}"
    with system_scope("test"):
        camera = Camera.objects.get(name="Drum")
        assert (camera.area_id, camera.sub_url) == (cast.lamp_hill.area.pk, "rtsp://10.0.2.1/s")
        assert (camera.username, unlock(camera.password_box)) == ("davy", "geheim-1")
        acts = AuditEntry.objects.filter(actor=cast.admin).values_list("action", flat=True)
        assert sorted(acts) == ["camera.created", "cameras.imported"]


def test_no_password_is_ever_sent_back(cast: Cast, ben: Client):
    table = GOOD + "Nowhere,Two,rtsp://davy:geheim-2@10.0.2.2/m,,,geheim-3,yes\n"
    page = look(ben, cast, table).content.decode()
    assert "geheim" not in page
    assert "rtsp://10.0.2.2/m" in page
    with system_scope("test"):
        assert "geheim" not in str(list(AuditEntry.objects.values_list("detail")))


@pytest.mark.parametrize(
    ("table", "encoding"),
    [
        (CHINESE.encode(), "UTF-8"),
        (codecs.BOM_UTF8 + CHINESE.encode(), "UTF-8"),
        (CHINESE.encode("gbk"), "GBK"),
        (CHINESE.replace(",", ";").encode("gbk"), "GBK"),
        (CHINESE.replace(",", "\t").encode("utf-16"), "UTF-16"),
        (CHINESE.replace("\n", "\r\n").encode("gbk") + b"\r\n,,,\r\n\r\n", "GBK"),
    ],
)
def test_tables_are_read_as_excel_in_china_writes_them(table: bytes, encoding: str):
    sheet = sheets.read(table)
    [row] = sheet.rows
    assert sheet.encoding == encoding
    assert (row.data["place"], row.data["name"], row.data["password"]) == (
        "绞车房",
        "滚筒东",
        "密-1",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04rest", "save it in Excel as CSV"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "no text"),
        (b"place,name,main_url\n\x00", "no text"),
        (b"", "missing: Place, Name, Main stream"),
        (b"place,name\nx,y\n", "missing: Main stream"),
        (b"place,name,main_url,area\n", "twice: Place"),
        (HEAD.encode(), "no camera in this file"),
        (HEAD.encode() + b'a,"b,c\n', "Line 2 cannot be read"),
        (HEAD.encode() + b"a,b,c\n" * 501, "More than 500 rows"),
        (b"x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_what_is_no_such_table_is_refused_in_a_sentence(body: bytes, words: str):
    with override("en"), pytest.raises(ValidationError) as caught:
        if body == b"":
            body = b"a,b\n"
        sheets.read(body)
    assert words in caught.value.messages[0]


def test_every_fault_stands_in_words_beside_its_cell(cast: Cast, ben: Client):
    table = HEAD + (
        "Winch house,,rtsp://10.0.2.1/m,,,,\n"
        "Sump,Winch house 1,ftp://10.0.2.2,,,,maybe\n"
        '"Winch house","Two\nlines",rtsp://10.0.2.1/m,http://x,,,no\n'
        "Winch house,Last,rtsp://10.0.0.9/main,,,,yes,more\n"
    )
    found = faults(look(ben, cast, table))
    assert set(found) == {2, 3, 4, 6}  # line 4 goes over two lines of the file
    assert set(found[2]) == {"name"}
    assert found[3]["place"] == ["This mine has no such place."]
    assert found[3]["name"] == ["A camera of this mine has it already."]
    assert found[3]["enabled"] == ["Write yes or no."]
    assert "rtsp://" in found[3]["main_url"][0]
    assert found[4]["main_url"] == ["Line 2 has it already."]
    assert "rtsp://" in found[4]["sub_url"][0]
    assert found[6]["main_url"] == ["A camera of this mine has it already."]
    assert "more cells" in found[6][""][0]


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://davy:geheim#1@10.0.2.1/m",
        "rtsp://10.0.2.1/m?user=davy&password=geheim",
        "rtsp://davy:geheim#1@camera-7/m",
    ],
)
def test_no_password_within_an_address_is_sent_back(cast: Cast, ben: Client, url: str):
    seen = look(ben, cast, HEAD + f"Winch house,One,{url},,,,\n")
    assert "geheim" not in seen.content.decode()


def test_an_address_that_is_none_is_a_fault_of_its_row_alone(cast: Cast, ben: Client):
    seen = look(ben, cast, GOOD + "Winch house,Two,rtsp://[10.0.2.1/m,,,,\n")
    assert {line: set(found) for line, found in faults(seen).items()} == {3: {"main_url"}}


@pytest.mark.parametrize("length", ["nan", "NaN", "inf", "-inf", "1e999"])
def test_a_chunk_length_that_is_no_length_is_a_fault(cast: Cast, ben: Client, length: str):
    head = HEAD.replace("enabled", "chunk_s")
    found = faults(look(ben, cast, f"{head}Winch house,One,rtsp://10.0.2.1/m,,,,{length}\n"))
    assert set(found[2]) == {"chunk_s"}


def test_a_chunk_length_of_before_that_is_none_becomes_the_usual_one(cast: Cast, ben: Client):
    finite = import_module("apps.cameras.migrations.0012_finite").FINITE
    with system_scope("as at an update"), connection.cursor() as cursor:
        Camera.objects.update(chunk_s=float("nan"))
        cursor.execute(finite)
    with system_scope("test"):
        assert set(Camera.objects.values_list("chunk_s", flat=True)) == {1.0}


def test_an_unknown_place_is_added_only_where_that_was_chosen(cast: Cast, ben: Client):
    table = HEAD + "Sump A,One,rtsp://10.0.2.1/m,,,,\nSump A,Two,rtsp://10.0.2.2/m,,,,\n"
    assert set(faults(look(ben, cast, table))) == {2, 3}
    seen = look(ben, cast, table, places="create")
    assert "New places:" in seen.content.decode()
    with system_scope("test"):
        assert not Area.objects.filter(name="Sump A").exists()
    confirm(ben, cast, seen, places="create")
    with system_scope("test"):
        assert Area.objects.get(name="Sump A").cameras.count() == 2


def test_rows_with_faults_can_be_left_out(cast: Cast, ben: Client):
    seen = look(ben, cast, GOOD + "Nowhere,Two,rtsp://10.0.2.2/m,,,,\n")
    assert confirm(ben, cast, seen).status_code == 400  # not by itself
    assert "Drum" not in names()
    assert confirm(ben, cast, seen, leave_out="1").status_code == 302
    assert "Drum" in names() and "Two" not in names()


def test_what_changed_since_the_look_adds_nothing(cast: Cast, ben: Client):
    seen = look(ben, cast, GOOD + "Winch house,Two,rtsp://10.0.2.2/m,,,,\n")
    with system_scope("test"):
        Camera.objects.filter(pk=cast.lamp_hill.camera.pk).update(name="Two")
    answer = confirm(ben, cast, seen)
    assert answer.status_code == 400
    assert "Nothing was added: line 3 has a fault." in answer.content.decode()
    assert "Drum" not in names()


def test_a_table_that_was_changed_or_waited_too_long_is_not_added(
    cast: Cast, ben: Client, monkeypatch: pytest.MonkeyPatch
):
    seen = look(ben, cast, GOOD)
    assert confirm(ben, cast, seen, box="gAAAAAB" + "x" * 80).status_code == 400
    monkeypatch.setattr(bulk, "LIFE_S", -1)
    answer = confirm(ben, cast, seen)
    assert "upload it again" in answer.content.decode()
    assert "Drum" not in names()


def test_another_persons_table_is_not_added(cast: Cast, ben: Client):
    seen = look(ben, cast, GOOD)
    anna = Client()
    anna.force_login(cast.owner)
    assert confirm(anna, cast, seen).status_code == 400


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_example_is_read_as_it_is(language: str):
    sheet = sheets.read(sheets.example(language).encode())
    assert [row.data["main_url"] for row in sheet.rows] == [
        "rtsp://192.168.1.20/stream1", "rtsp://192.168.1.21/stream1",
    ]  # fmt: skip
    assert not sheet.ignored


def test_a_new_place_with_what_cannot_be_seen_in_its_name_is_a_fault(cast: Cast, ben: Client):
    table = HEAD + "Sump\u202eA,Pump,rtsp://10.0.2.1/m,,,,yes\n"
    found = faults(look(ben, cast, table, places="create"))
    assert set(found[2]) == {"place"} and "U+202E" in found[2]["place"][0]
