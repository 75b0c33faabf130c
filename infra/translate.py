"""Keeps the catalogues of translations: `python -m infra.translate update|check|compile`.

update  puts new strings into every catalogue, empty, and takes stale ones out: `make i18n`
check   says what is missing, fuzzy, stale or has other placeholders: `make i18n-check`
compile writes the .mo files that Django reads; `make setup` does it

Strings are found by infra/strings.py; catalogues are apps/locale/<language>/LC_MESSAGES/django.po.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from infra.strings import Key, Strings, strings

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "apps" / "locale"
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w+)\}|%%|%")


def catalogues(folder: Path = LOCALE) -> list[Path]:
    """List the catalogues that there are."""
    return sorted(folder.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """Read one catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


def key_of(message: Message) -> Key:
    """Return what a message is looked up by."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return Key(text, message.context)


def problems(known: Catalog, found: Strings) -> list[str]:
    """Say what is wrong with a catalogue, one line each; nothing when it is whole."""
    lines = list(found.problems)
    there = {key_of(message): message for message in known if message.id}
    for key in sorted(set(found.found) - set(there), key=_order):
        lines.append(f"missing: {_show(key)} ({min(found.found[key].files)})")
    for key in sorted(set(there) - set(found.found), key=_order):
        lines.append(f"stale: {_show(key)}")
    for key in sorted(set(there) & set(found.found), key=_order):
        message = there[key]
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.fuzzy:
            lines.append(f"fuzzy: {_show(key)}")
        elif not all(said):
            lines.append(f"not translated: {_show(key)} ({min(found.found[key].files)})")
        else:
            wanted = placeholders(key.text, found.found[key].plural)
            for text in said:
                if placeholders(text) != wanted:
                    lines.append(f"other placeholders: {_show(key)} is said as “{text}”")
    return lines


def placeholders(*texts: str) -> set[str]:
    """Return the names of the values in texts.

    Where values are filled in, a percent sign is written twice: one that is not stands out as "%".
    """
    found = [match for text in texts for match in PLACEHOLDER.finditer(text)]
    names = {match[1] or match[2] for match in found} - {None}
    lone = any(match[0] == "%" for match in found) and any(match[1] for match in found)
    return names | ({"%"} if lone else set())


def updated(known: Catalog, found: Strings) -> Catalog:
    """Return a catalogue of exactly the strings found, with what is translated already."""
    there = {key_of(message): message for message in known if message.id}
    made = Catalog(
        locale=known.locale, project="Davy", version="1", charset="utf-8", fuzzy=False,
        creation_date=known.creation_date or datetime.now(UTC), revision_date=known.revision_date,
        last_translator="Davy", language_team="Davy", copyright_holder="Davy",
        header_comment=f"# Davy in {known.locale}. Written by `make i18n`; translate here.",
    )  # fmt: skip
    for key in sorted(found.found, key=_order):
        one = found.found[key]
        message = there.get(key)
        made.add(
            (key.text, one.plural) if one.plural else key.text,
            _said(message, bool(one.plural), made.num_plurals),
            locations=[(file, 0) for file in sorted(one.files)],
            flags=[flag for flag in (message.flags if message else ()) if flag == "fuzzy"],
            context=key.context,
        )
    return made


def _said(message: Message | None, plural: bool, forms: int) -> str | tuple[str, ...]:
    said = message.string if message else ""
    first = said if isinstance(said, str) else said[0]
    if not plural:
        return first
    return tuple(said) if isinstance(said, tuple) and len(said) == forms else (first,) * forms


def _order(key: Key) -> tuple[str, str]:
    return key.text, key.context or ""


def _show(key: Key) -> str:
    return f"“{key.text}”" + (f" [{key.context}]" if key.context else "")


def update(paths: Iterable[Path]) -> int:
    """Write the catalogues anew."""
    found = strings()
    for path in paths:
        catalogue = updated(read(path), found)
        with path.open("wb") as file:
            write_po(file, catalogue, width=100, include_lineno=False)
    return 0


def check(paths: Iterable[Path]) -> int:
    """Print what is wrong with the catalogues; returns the exit status."""
    found, wrong = strings(), 0
    for path in paths:
        for line in problems(read(path), found):
            print(f"{path.parents[1].name}: {line}")
            wrong += 1
    print(f"{len(found.found)} strings, {wrong} to do")
    return 1 if wrong else 0


def compile_all(paths: Iterable[Path]) -> int:
    """Write what Django reads."""
    for path in paths:
        part = path.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            write_mo(file, read(path))
        part.replace(path.with_suffix(".mo"))
    return 0


def main(verb: str) -> int:
    """Run one verb."""
    return {"update": update, "check": check, "compile": compile_all}[verb](catalogues())


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("update", "check", "compile"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
