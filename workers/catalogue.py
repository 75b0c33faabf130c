"""The hazard catalogue for readers: its page in the documentation and its JSON schemas.

`python -m workers.catalogue` writes docs/hazards.md.
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workers.hazards import registry
from workers.hazards.base import SEVERITIES, Hazard
from workers.hazards.params import describe
from workers.ruling import CLAUSE, MODES, WEARS
from workers.worded import LANGUAGES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "hazards.md"
HEAD = """# The hazard catalogue

Written by `python -m workers.catalogue` from `workers/hazards/`; do not edit. Every rule has
shared conditions: `mode` (armed, shadow, off), `schedule`, `when`, `permit`, `wears`,
`min_visibility`, `confirm`, `sustain_s`, `cooldown_s`, `action`, `place` and `clauses`
(`workers/ruling.py`).
`cooldown_s` keeps the same people in the same danger quiet; what tells of nobody, such as gas, a
barrier, water or a button, is told whenever it comes anew.
A rule of which nobody can tell whether it is in force is in force; a rule that cannot see keeps its
situation open and says BLIND. When the worst level is over and a lesser one is not, what was told
stays told for `clear_s`; then the situation eases to what is so, and the worst level raises it
anew. What counts as danger because nobody knows, as a machine of unknown state does, is raised anew
once it is known. Clauses of law are not in here: they differ by place and edition,
and stand as data in a rule's `clauses` (jurisdiction, edition, clause, text; each one text, or one
by language; `summary` where the text is not the wording).
"""
NUMBERS = {"number": "number", "integer": "integer"}


def schema(hazard: Hazard, said: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a rule of this type; `said` translates its words."""
    params = {item["name"]: _property(item, said) for item in describe(hazard.params)}
    required = [i["name"] for i in describe(hazard.params) if i.get("required")]
    needed = [name for name in ("zone", "machine") if getattr(hazard, f"needs_{name}")]
    text, number = {"type": "string"}, {"type": "number", "minimum": 0}
    by_language = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": dict.fromkeys(LANGUAGES, text),
    }
    texts = {"anyOf": [text, by_language]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": said(hazard.title),
        "description": inspect.getdoc(hazard) or "",
        "type": "object",
        "required": ["id", "type", *needed],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": 100},
            "type": {"const": hazard.type},
            "zone": text,
            "machine": text,
            "severity": {"enum": list(SEVERITIES[::-1]), "default": hazard.severity},
            "mode": {"enum": list(MODES), "default": hazard.mode, "description": hazard.note},
            "when": {"type": "object"},
            "schedule": {"type": "array", "minItems": 1},
            "permit": text,
            "wears": {"type": "array", "items": {"enum": list(WEARS)}},
            "min_visibility": {**number, "maximum": 1, "default": hazard.min_visibility},
            "confirm": {"type": "array", "default": list(hazard.confirm)},
            "sustain_s": number,
            "cooldown_s": number,
            "name": text,
            "action": texts,
            "place": text,
            "clauses": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": list(CLAUSE),
                    "properties": dict.fromkeys(CLAUSE, texts) | {"summary": {"type": "boolean"}},
                },
            },
            "params": {
                "type": "object",
                "additionalProperties": False,
                "required": required,
                "properties": params,
            },
        },
    }


def _property(item: dict[str, Any], said: Callable[[str], str]) -> dict[str, Any]:
    made: dict[str, Any] = {"title": said(item["label"]), "description": said(item["help"])}
    kind = item["kind"]
    if kind in NUMBERS:
        made |= {"type": NUMBERS[kind], "minimum": item["min"], "maximum": item["max"]}
    elif kind == "flag":
        made["type"] = "boolean"
    elif kind == "choice":
        made["enum"] = list(item["choices"])
    elif kind in ("zones", "inputs"):
        made |= {"type": "array", "items": {"type": "string"}}
    elif kind == "table":
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        made |= {"type": "array", "items": pair}
    elif kind == "data":
        made |= item["schema"]
    else:
        made["type"] = "string"
    if item["default"] not in (None, (), []):
        made["default"] = item["default"]
    return made


def page() -> str:
    """Return the page of all types, in Markdown."""
    parts = [HEAD]
    for name, hazard in sorted(registry().items()):
        levels = ", ".join(
            f"{level} ({severity or 'the rule’s own severity'})"
            for level, severity in hazard.levels.items()
        )
        needs = [what for what in ("zone", "machine", "ground") if getattr(hazard, f"needs_{what}")]
        parts.append(f"\n## `{name}` – {hazard.title}\n\n{inspect.getdoc(hazard) or ''}\n")
        parts.append(f"\n- Levels: {levels}; severity of a new rule: {hazard.severity}\n")
        if needs:
            parts.append(f"- Needs: {', '.join(needs)}\n")
        if hazard.note:
            parts.append(f"- A new rule is in mode {hazard.mode}. {hazard.note}\n")
        if not hazard.uses_picture:
            parts.append("- Judged while the camera is blind, too\n")
        if hazard.action:
            parts.append(f"- What to do: {hazard.action}\n")
        parts.append("\n| parameter | default | what |\n|---|---|---|\n")
        for item in describe(hazard.params):
            unit = f" {item['unit']}" if item["unit"] else ""
            default = "–" if item["default"] in (None, (), [], "") else f"{item['default']}{unit}"
            parts.append(f"| `{item['name']}` | {default} | {item['label']}: {item['help']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}", file=sys.stderr)
