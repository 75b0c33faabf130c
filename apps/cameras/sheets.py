"""Reads cameras out of a table that somebody saved from a spreadsheet, and checks every cell.

Excel in China writes GBK, elsewhere UTF-8 with a mark before it, or semicolons, or (as "Unicode
text") UTF-16 with tabs: each is understood. Nothing is written here.
"""

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cameras.models import Camera
from apps.cameras.secrets import shown
from apps.cameras.services import camera_faults
from apps.mines.models import Area, Mine
from apps.mines.names import name_fault

__all__ = [
    "COLUMNS",
    "EXAMPLE",
    "MOST_BYTES",
    "MOST_ROWS",
    "Row",
    "Sheet",
    "check",
    "example",
    "read",
    "values",
]

MOST_BYTES = 2_000_000
MOST_ROWS = 500
COLUMNS = {
    "place": gettext_lazy("Place"),
    "name": gettext_lazy("Name"),
    "main_url": gettext_lazy("Main stream"),
    "sub_url": gettext_lazy("Sub-stream"),
    "username": gettext_lazy("User name"),
    "password": gettext_lazy("Password"),
    "enabled": gettext_lazy("Watched"),
    "chunk_s": gettext_lazy("Chunk length, s"),
}
NEEDED = ("place", "name", "main_url")
# What a head may be called; compared in small letters and without spaces.
HEADS: Mapping[str, str] = {
    "place": "place", "area": "place", "地点": "place", "区域": "place", "位置": "place",
    "name": "name", "camera": "name", "名称": "name", "摄像头": "name", "摄像机": "name",
    "main_url": "main_url", "mainstream": "main_url", "address": "main_url", "url": "main_url",
    "主码流": "main_url", "地址": "main_url", "主码流地址": "main_url",
    "sub_url": "sub_url", "sub-stream": "sub_url", "substream": "sub_url",
    "子码流": "sub_url", "辅码流": "sub_url", "子码流地址": "sub_url",
    "username": "username", "user": "username", "用户名": "username", "用户": "username",
    "password": "password", "密码": "password",
    "enabled": "enabled", "watched": "enabled", "启用": "enabled",
    "chunk_s": "chunk_s", "chunklength,s": "chunk_s", "分段秒数": "chunk_s",
}  # fmt: skip
CHINESE = ("地点", "名称", "主码流", "子码流", "用户名", "密码", "启用")
ENGLISH = ("place", "name", "main_url", "sub_url", "username", "password", "enabled")
EXAMPLE = (
    ("rtsp://192.168.1.20/stream1", "rtsp://192.168.1.20/stream2", "davy", ""),
    ("rtsp://192.168.1.21/stream1", "", "davy", ""),
)
YES = {"", "1", "yes", "y", "true", "on", "是", "启用", "开"}
NO = {"0", "no", "n", "false", "off", "否", "停用", "关"}


@dataclass
class Row:
    """One line: what it says by column, and what is wrong by column ("" for the whole line)."""

    line: int
    data: dict[str, str]
    faults: dict[str, list[str]] = field(default_factory=dict)
    new_place: bool = False

    def wrong(self, column: str, sentence: str) -> None:
        """Note a fault."""
        self.faults.setdefault(column, []).append(sentence)


@dataclass
class Sheet:
    """A table as it was read."""

    rows: list[Row]
    encoding: str
    ignored: list[str]  # heads that mean nothing here


def example(language: str) -> str:
    """Return a table to fill in, in the reader's words."""
    chinese = language.startswith("zh")
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(CHINESE if chinese else ENGLISH)
    for number, (main, sub, user, password) in enumerate(EXAMPLE, 1):
        place, name = (
            ("1号绞车房", f"绞车房 {number}") if chinese else ("Winch house", f"Drum {number}")
        )
        writer.writerow([place, name, main, sub, user, password, "是" if chinese else "yes"])
    return "\ufeff" + file.getvalue()


def read(body: bytes) -> Sheet:
    """Read a file's rows; ValidationError with a sentence where it is no such table."""
    if len(body) > MOST_BYTES:
        raise ValidationError(_("This file is larger than 2 MB: no list of cameras is."))
    text, encoding = _text(body)
    delimiter = _delimiter(text)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return _rows(lines, encoding)
    except csv.Error as error:
        raise ValidationError(
            _("Line %(line)s cannot be read: a quotation mark is open, or stands alone.")
            % {"line": lines.line_num}
        ) from error


def _text(body: bytes) -> tuple[str, str]:
    if body[:2] == b"PK" or body[:4] == b"\xd0\xcf\x11\xe0":
        raise ValidationError(_("This is a workbook: save it in Excel as CSV, then upload that."))
    wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    codes = ["utf-16"] if wide else ["utf-8-sig", "gb18030"]
    for code in codes:
        try:
            text = body.decode(code)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, {"utf-8-sig": "UTF-8", "gb18030": "GBK", "utf-16": "UTF-16"}[code]
    raise ValidationError(_("This is no text: save the table as CSV, in UTF-8 or GBK."))


def _head(cell: str) -> str:
    return HEADS.get("".join(cell.strip().lower().split()), "")


def _delimiter(text: str) -> str:
    """Return the sign by which the first line falls into the most columns that are known."""
    first = text.lstrip("\r\n").splitlines()[:1] or [""]

    def known(sign: str) -> int:
        cells = next(csv.reader(first, delimiter=sign), [])
        return len({_head(cell) for cell in cells} - {""})

    return max((",", ";", "\t"), key=known)


def _rows(lines: Any, encoding: str) -> Sheet:
    heads: list[str] = []
    ignored: list[str] = []
    rows: list[Row] = []
    end = 0
    for cells in lines:
        line, end = end + 1, lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if not heads:
            heads = [_head(cell) for cell in cells]
            ignored = [
                c.strip() for c, head in zip(cells, heads, strict=True) if not head and c.strip()
            ]
            _check_heads(heads)
            continue
        if len(rows) == MOST_ROWS:
            raise ValidationError(
                _("More than %(most)s rows: split the file.") % {"most": MOST_ROWS}
            )
        # A password keeps its spaces.
        pairs = zip(heads, cells, strict=False)
        data = {h: cell if h == "password" else cell.strip() for h, cell in pairs if h}
        row = Row(line, dict.fromkeys(COLUMNS, "") | data)
        if len(cells) > len(heads):
            row.wrong("", _("This line has more cells than the first line has heads."))
        rows.append(row)
    if not rows:
        raise ValidationError(_("There is no camera in this file."))
    return Sheet(rows, encoding, ignored)


def _check_heads(heads: list[str]) -> None:
    missing = [str(COLUMNS[name]) for name in NEEDED if name not in heads]
    if missing:
        words = _("The first line must name the columns; missing: %(names)s.")
        raise ValidationError(words % {"names": ", ".join(missing)})
    twice = {name for name in heads if name and heads.count(name) > 1}
    if twice:
        words = _("A column is there twice: %(names)s.")
        raise ValidationError(words % {"names": ", ".join(str(COLUMNS[n]) for n in sorted(twice))})


def check(rows: list[Row], *, mine: Mine, create_places: bool) -> None:
    """Note on each row what is wrong with it now, and whether its place is a new one."""
    places = set(Area.objects.filter(mine=mine).values_list("name", flat=True))
    there = list(Camera.objects.filter(mine=mine).values_list("name", "main_url"))
    names: dict[str, int] = {name: 0 for name, _url in there}
    urls: dict[str, int] = {url: 0 for _name, url in there}
    for row in rows:
        row.faults = {column: said for column, said in row.faults.items() if column == ""}
        data = row.data
        row.new_place = bool(data["place"]) and data["place"] not in places
        if not data["place"]:
            row.wrong("place", _("A camera needs a place."))
        elif len(data["place"]) > 100:
            row.wrong("place", _("At most 100 letters."))
        elif row.new_place and not create_places:
            row.wrong("place", _("This mine has no such place."))
        elif row.new_place and (fault := name_fault(data["place"])):
            row.wrong("place", fault)
        for column, sentences in camera_faults(**values(row)).items():
            for sentence in sentences:
                row.wrong(column if column in COLUMNS else "", sentence)
        if data["enabled"].lower() not in YES | NO:
            row.wrong("enabled", _("Write yes or no."))
        _once(row, "name", data["name"], names)
        _once(row, "main_url", shown(data["main_url"]), urls)


def _once(row: Row, column: str, value: str, seen: dict[str, int]) -> None:
    """Note a name or address that another camera has; 0 stands for one that is in the mine."""
    if not value:
        return
    first = seen.setdefault(value, row.line)
    if first == 0:
        row.wrong(column, _("A camera of this mine has it already."))
    elif first != row.line:
        row.wrong(column, _("Line %(line)s has it already.") % {"line": first})


def values(row: Row) -> dict[str, Any]:
    """Return what a row says as a camera's fields; a chunk length that is none comes as text."""
    data = row.data
    chunk_s: Any = data["chunk_s"] or 1.0
    with suppress(ValueError):
        chunk_s = float(str(chunk_s).replace(",", "."))
    return {
        "name": data["name"],
        "main_url": data["main_url"],
        "sub_url": data["sub_url"],
        "username": data["username"],
        "password": data["password"],
        "enabled": data["enabled"].lower() not in NO,
        "chunk_s": chunk_s,
    }
