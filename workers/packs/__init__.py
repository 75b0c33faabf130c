"""Clause packs: which clause of which edition of the law stands behind which hazard, as data.

One TOML file each; its name is the pack's id. Articles are renumbered from edition to edition, so
no number stands in code: a mine chooses a pack, may replace it by a file of its own of the same
name, and every alarm keeps the clauses that were in force when it was raised. Every text may be
given by language; numbers of articles are the same in each.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from workers import checks
from workers.checks import SceneError
from workers.hazards import registry
from workers.worded import Worded, first, worded

HERE = Path(__file__).resolve().parent
MOST = 500


@dataclass(frozen=True)
class Clause:
    """One clause; types, levels: of the hazards that it is about, no levels for all of them.

    since, until: the first day and the day after the last on which it is in force, where known.
    """

    clause: Worded
    text: Worded
    types: tuple[str, ...]
    levels: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def is_about(self, kind: str, level: str, on: date) -> bool:
        """Tell whether it stands behind a hazard type's level on a day."""
        if kind not in self.types or (self.levels and level not in self.levels):
            return False
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


@dataclass(frozen=True)
class Pack:
    """An edition's clauses; note: what whoever chooses it has to know, such as its source.

    summary: its texts say in other words what the clauses are about; they are not the wording.
    """

    id: str
    title: Worded
    jurisdiction: Worded
    edition: Worded
    note: Worded
    clauses: tuple[Clause, ...]
    summary: bool = False

    def behind(self, kind: str, level: str, on: date) -> list[dict[str, Any]]:
        """Return what stands behind a hazard, as it is kept on an alarm."""
        return [
            {
                "jurisdiction": self.jurisdiction,
                "edition": self.edition,
                "clause": one.clause,
                "text": one.text,
                "effective_from": one.since.isoformat() if one.since else "",
                "pack": self.id,
                **({"summary": True} if self.summary else {}),
            }
            for one in self.clauses
            if one.is_about(kind, level, on)
        ]


def load(folder: Path | None = None) -> tuple[dict[str, Pack], list[str]]:
    """Return the packs by id, with what is wrong in those that cannot be read.

    folder: a mine's own files; one of the name of a pack that comes along takes its place, also
    where it is broken: better no clause than one that was meant to be replaced.
    """
    files = {file.stem: file for file in sorted(HERE.glob("*.toml"))}
    if folder is not None:
        files |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
    packs: dict[str, Pack] = {}
    faults = []
    for name, file in sorted(files.items()):
        try:
            packs[name] = read(file)
        except SceneError as error:
            faults.append(f"{file}: {error}")
    return packs, faults


def read(file: Path) -> Pack:
    """Read one file; SceneError says what is wrong with it and where."""
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SceneError("", "cannot be read: %(why)s", why=error.strerror or error) from None
    except UnicodeDecodeError:
        raise SceneError("", "is not a text file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SceneError("", "is not TOML: %(why)s", why=error) from None
    keys = ("title", "jurisdiction", "edition", "clauses")
    checks.keys(raw, "", keys, ("note", "summary", "effective_from", "effective_until"))
    since, until = _days(raw, "")
    items = raw["clauses"]
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise SceneError("clauses", "must be a list, found %(found)s", found=checks.show(items))
    clauses = tuple(_clause(one, f"clauses[{i}]", since, until) for i, one in enumerate(items))
    title, jurisdiction, edition = (_text(raw, "", key, 200) for key in keys[:3])
    return Pack(
        file.stem, title, jurisdiction, edition, worded(raw.get("note", ""), "note", 1000), clauses,
        checks.flag(raw.get("summary", False), "summary"),
    )  # fmt: skip


def _clause(item: Any, path: str, since: date | None, until: date | None) -> Clause:
    keys = ("clause", "text", "types")
    raw = checks.keys(item, path, keys, ("levels", "effective_from", "effective_until"))
    kinds = registry()
    types = tuple(_listed(raw["types"], f"{path}.types", (*kinds, "camera_health")))
    known = [level for kind in types if kind in kinds for level in kinds[kind].levels]
    levels = tuple(_listed(raw["levels"], f"{path}.levels", known)) if "levels" in raw else ()
    own_since, own_until = _days(raw, path)
    return Clause(
        _text(raw, path, "clause", 100), _text(raw, path, "text", 1000), types, levels,
        own_since or since, own_until or until,
    )  # fmt: skip


def _listed(value: Any, path: str, known: Iterable[str]) -> list[str]:
    if not isinstance(value, list) or not value:
        raise SceneError(path, "must be a list, found %(found)s", found=checks.show(value))
    return [checks.choice(one, f"{path}[{i}]", tuple(known)) for i, one in enumerate(value)]


def _text(raw: Mapping[str, Any], path: str, key: str, most: int) -> Worded:
    where = f"{path}.{key}" if path else key
    found = worded(raw[key], where, most)
    if not first(found).strip():
        raise SceneError(where, "is missing")
    return found


def _days(raw: Mapping[str, Any], path: str) -> tuple[date | None, date | None]:
    """Return the first day and the one after the last, TOML dates; None where not known."""
    days = []
    for key in ("effective_from", "effective_until"):
        value = raw.get(key)
        if value is not None and type(value) is not date:
            where = f"{path}.{key}" if path else key
            text = "must be a day such as 2026-02-01, found %(found)s"
            raise SceneError(where, text, found=checks.show(value))
        days.append(value)
    return days[0], days[1]
