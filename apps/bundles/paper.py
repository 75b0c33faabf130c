"""An alarm's time line as a paper to read and print: what is said in it, in the reader's language.

It proves nothing by itself: the hashes and links in it name what does. `typeset.py` draws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.defaultfilters import filesizeformat
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from apps.alarms import words
from apps.alarms.models import Alarm
from apps.alarms.selectors import steps_of
from apps.alarms.templatetags.words import (
    alarm_words,
    rule_words,
    standing_words,
    step_words,
    whom_words,
)
from apps.alarms.witnesses import is_watched
from apps.audit.models import AuditEntry
from apps.audit.words import act_words, part_words
from apps.evidence.models import Clip
from apps.ledger.models import Root
from apps.sentences import clause_title, kept, machine_of, said_clauses, why

__all__ = ["LANGUAGES", "MOST_ACTS", "Occasion", "acts_of", "paper_data"]

# In which languages papers are made, and what their files end with.
LANGUAGES = {"en": "en", "zh-hans": "zh"}
MOST_ACTS = 400


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """For whom and what a paper is made, and what lies beside it.

    picture: what is shown, empty with picture_at for one that cannot be shown; facts: what was
    covered in it and the hash of the original; files: path, sha256 and bytes of each file of the
    bundle that is about the alarm; gaps: as the bundle names them; root: the newest signed one.
    """

    made_at: datetime
    made_for: str
    purpose: str = ""
    bundle: str = ""
    picture: bytes = b""
    picture_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    files: Sequence[dict[str, Any]] = ()
    gaps: Sequence[dict[str, Any]] = ()
    root: Root | None = None


def acts_of(alarm: Alarm, *, until: int | None = None) -> list[AuditEntry]:
    """Return what is in the record about an alarm and its videos, up to a link; oldest first."""
    clips = Clip.objects.filter(alarm=alarm).values_list("pk", flat=True)
    subjects = [f"alarm:{alarm.pk}", *(f"clip:{pk}" for pk in clips)]
    rows = AuditEntry.objects.filter(mine=alarm.mine_id, subject__in=subjects)
    if until is not None:
        rows = rows.filter(link__number__lte=until)
    return list(rows.select_related("actor", "link").order_by("pk")[: MOST_ACTS + 1])


def paper_data(
    alarm: Alarm, occasion: Occasion, *, language: str, acts: Sequence[AuditEntry]
) -> dict[str, Any]:
    """Return everything that stands in the paper, as JSON; needs the mine's scope."""
    with override(language):
        return _Words(alarm, occasion, list(acts)).data(language)


class _Words:
    def __init__(self, alarm: Alarm, occasion: Occasion, acts: list[AuditEntry]) -> None:
        self.alarm = alarm
        self.occasion = occasion
        self.acts = acts
        self.zone = ZoneInfo(alarm.mine.timezone)

    def data(self, language: str) -> dict[str, Any]:
        alarm, occasion = self.alarm, self.occasion
        title = _("Time line of alarm %(number)s") % {"number": alarm.pk}
        return {
            "lang": "zh" if language.startswith("zh") else "en",
            "region": "cn" if language.startswith("zh") else "gb",
            "title": title,
            "kicker": _("Record of an incident"),
            "subject": str(alarm_words(alarm)),
            "severity": alarm.severity,
            "severity_words": str(alarm.get_severity_display()),
            "place": f"{alarm.mine.name} · {alarm.camera.area.name} · {alarm.camera.name}",
            "made": _("Made %(at)s for %(who)s")
            % {"at": self.local(occasion.made_at), "who": occasion.made_for},
            "page": _("Page"),
            "facts": self.facts(),
            "picture": self.picture(),
            "tables": [
                self.steps(),
                self.videos(),
                self.gaps(),
                *([self.files()] if occasion.files else []),
                self.ledger(),
            ],
            "proof": {"title": _("How this is proved"), "lines": self.proof()},
        }

    def local(self, at: datetime) -> str:
        there = at.astimezone(self.zone).isoformat(" ", timespec="milliseconds")
        return f"{there[:-6]} {there[-6:]}"

    def both(self, at: datetime) -> list[str]:
        utc = at.astimezone(UTC).isoformat(" ", timespec="milliseconds")
        return [self.local(at), f"{utc[:-6]} UTC"]

    def facts(self) -> list[list[Any]]:
        alarm = self.alarm
        rows: list[tuple[str, list[str]]] = [
            (_("What"), [str(alarm_words(alarm))]),
            (_("Why"), [str(why(alarm))]),
            (_("Severity"), [str(alarm.get_severity_display())]),
            (_("Mine"), [alarm.mine.name]),
            (_("Place"), [alarm.camera.area.name]),
            (_("Camera"), [f"{alarm.camera.name} ({alarm.camera_id})"]),
        ]
        if seen := [one.camera.name for one in alarm.witnesses.select_related("camera")]:
            rows.append((_("Seen by"), [", ".join(seen)]))
        values = alarm.values
        if machine := machine_of(values):
            state = words.say(words.MACHINE_STATES, values.get("machine_state", ""))
            source = words.say(words.SOURCES, values.get("machine_source", ""))
            rows.append((_("Machine"), [": ".join(filter(None, [machine, str(state)]))]))
            if source:
                rows[-1][1].append(str(source))
        rule = [alarm.rule, str(rule_words(alarm.rule_type))]
        if alarm.scene_version:  # 0: raised by the platform itself, by no rule of a scene
            rule.append(_("scene version %(version)s") % {"version": alarm.scene_version})
        rows += [
            (_("Rule"), [" · ".join(rule)]),
            (_("Raised"), self.both(alarm.raised_at)),
            (_("Last seen"), self.both(alarm.last_seen_at)),
            self.end(),
            (_("Shown at the desk"), self.both(alarm.committed_at)),
        ]
        if alarm.acknowledged_at and alarm.acknowledged_by:
            who = alarm.acknowledged_by.get_username()
            rows.append((_("Answered"), [who, *self.both(alarm.acknowledged_at)]))
        else:
            rows.append((_("Answered"), [_("not answered")]))
        if alarm.count > 1:
            times = ngettext("%(count)s time", "%(count)s times", alarm.count)
            rows.append((_("Happened"), [times % {"count": alarm.count}]))
        rows.append((_("State"), [str(standing_words(alarm))]))
        if alarm.verdict == "false":
            rows.append((_("Judged"), [_("called a false alarm")]))
        if alarm.finding:
            rows.append((_("Finding"), [alarm.finding]))
        for clause in said_clauses(alarm.clauses):
            mark = _("summarised by Davy, not the wording") if clause.get("summary") else ""
            text = f"{clause_title(clause)}: {clause['text']}"
            lines = [text, str(clause.get("edition", "")), mark]
            rows.append((_("Clause"), lines))
        return [[label, [line for line in lines if line]] for label, lines in rows]

    def end(self) -> tuple[str, list[str]]:
        alarm = self.alarm
        if alarm.cleared_at is None:
            off = _("not known: the camera is off, nobody watches")
            return _("Over"), [_("goes on") if is_watched(alarm) else off]
        if alarm.unwatched:
            return _("No longer watched"), [kept(alarm.unwatched), *self.both(alarm.cleared_at)]
        return _("Over"), self.both(alarm.cleared_at)

    def picture(self) -> dict[str, Any]:
        occasion = self.occasion
        if occasion.picture_at is None:
            words = _("No picture was kept.")
            if self.alarm.picture:
                words = _("The picture was deleted with its video.")
            return {"there": False, "words": words}
        if not occasion.picture:
            return {"there": False, "words": _("The picture that was kept cannot be read.")}
        lines = [" / ".join(self.both(occasion.picture_at))]
        if facts := occasion.facts:
            masks = bool(facts.get("masks"))
            if facts.get("people_blurred"):
                covered = _("A covered copy: people are blurred.")
                if masks:
                    covered = _("A covered copy: people are blurred, masks are filled.")
            else:
                covered = _("A covered copy: masks are filled.")
            lines.append(covered)
        drawn = self.alarm.picture or {}
        zone, boxes = drawn.get("zone", []), drawn.get("boxes", [])
        if zone and boxes:
            lines.append(_("Drawn over it: the zone, and what was found (boxes)."))
        elif zone or boxes:
            lines.append(
                _("Drawn over it: the zone.")
                if zone
                else _("Drawn over it: what was found (boxes).")
            )
        return {
            "there": True,
            "title": self.picture_title(occasion.picture_at),
            "zone": zone,
            "boxes": [box[:4] for box in boxes],
            "lines": lines,
            "words": _("The picture that was kept cannot be read."),
            "hashes": [[_("SHA-256 of the original picture"), facts["original_sha256"]]]
            if facts
            else [],
        }

    def picture_title(self, at: datetime) -> str:
        """Say which moment is seen: an alarm that became worse keeps the picture of that."""
        later_s = (at - self.alarm.raised_at).total_seconds()
        if later_s < 1:
            return _("The moment of the alarm")
        seconds = localize(round(later_s, 1))
        return _("%(seconds)s s after the alarm was raised") % {"seconds": seconds}

    def steps(self) -> dict[str, Any]:
        rows = []
        for step in steps_of(self.alarm):
            cause = str(step_words(step))
            detail = step.detail
            if more := whom_words(detail.get("whom", "")) or detail.get("to"):
                cause = f"{cause} → {more}"
            states = [self.state(step.from_state), self.state(step.to_state)]
            moved = " → ".join(filter(None, states)) if states[0] != states[1] else ""
            who = step.actor.get_username() if step.actor else _("Davy itself")
            rows.append([self.both(step.at), [cause, moved], [who, step.desk], [step.note]])
        head = [_("When"), _("What"), _("Who and where"), _("What was written")]
        widths = [28, 27, 20, 25]
        return self.table(_("What happened"), head, rows, widths)

    def state(self, code: str) -> str:
        return str(words.say(dict(Alarm.State.choices), code)) if code else ""

    def videos(self) -> dict[str, Any]:
        rows = []
        for clip in self.alarm.clips.select_related("camera").order_by("wanted_from", "pk"):
            since, until = clip.starts_at or clip.wanted_from, clip.ends_at or clip.wanted_until
            length = localize(round((until - since).total_seconds(), 1))
            size = f"{clip.width} × {clip.height}" if clip.width else ""
            facts = [clip.camera.name, str(clip.get_state_display())]
            if clip.error and clip.state == Clip.State.FAILED:
                facts.append(str(kept(clip.error)))
            if masked := clip.manifest.get("recorded_masked"):
                facts.append(self.masked(masked))
            about = [_("%(seconds)s s") % {"seconds": length}, size, self.size(clip.bytes)]
            prints = [{"mono": clip.sha256}] if clip.sha256 else []
            rows.append([[*self.both(since), *self.both(until)], facts, about, prints])
        head = [_("From, until"), _("Camera"), _("Length and size"), _("SHA-256 as recorded")]
        return self.table(
            _("Videos"), head, rows, [28, 20, 17, 35], none=_("No video was asked for.")
        )

    def masked(self, told: dict[str, Any]) -> str:
        words = ngettext(
            "filled when it was recorded, in %(n)s chunk, by version %(versions)s of the zones",
            "filled when it was recorded, in %(n)s chunks, by version %(versions)s of the zones",
            told["chunks"],
        ) % {"n": told["chunks"], "versions": ", ".join(map(str, told["scene_versions"]))}
        return f"{_('Masks')}: {words}"

    def gaps(self) -> dict[str, Any]:
        rows = []
        for gap in self.occasion.gaps:
            since, until = (
                self.both(datetime.fromisoformat(gap[key])) if gap.get(key) else []
                for key in ("from", "until")
            )
            reason = str(kept(str(gap.get("reason", ""))))
            rows.append([since, until, [reason], [{"mono": str(gap.get("clip", ""))}]])
        head = [_("From"), _("Until"), _("Reason"), _("Video")]
        return self.table(_("Known gaps"), head, rows, [28, 28, 19, 25], none=_("No gap is known."))

    def files(self) -> dict[str, Any]:
        rows = [
            [[{"mono": one["path"]}], [self.size(one["bytes"])], [{"mono": one["sha256"]}]]
            for one in self.occasion.files
        ]
        head = [_("File"), _("Size"), "SHA-256"]
        return self.table(_("Files about this alarm in the bundle"), head, rows, [51, 13, 36])

    def ledger(self) -> dict[str, Any]:
        rows = []
        for entry in self.acts[:MOST_ACTS]:
            link = getattr(entry, "link", None)
            who = entry.actor.get_username() if entry.actor else part_words(entry.part)
            number = str(link.number) if link else _("not yet")
            prints = [{"mono": link.hash}] if link else []
            rows.append([[number], self.both(entry.at), [act_words(entry.action), who], prints])
        head = [_("Link"), _("When"), _("Act"), _("Hash of the link")]
        table = self.table(_("In the mine's record"), head, rows, [9, 28, 27, 36])
        if len(self.acts) > MOST_ACTS:
            table["note"] = _(
                "Only the first %(most)s are printed; the record has all of them."
            ) % {"most": MOST_ACTS}
        return table

    def proof(self) -> list[dict[str, str]]:
        occasion, lines = self.occasion, []

        def say(label: str, text: str, *, mono: bool = False) -> None:
            lines.append({"label": label, "text": text, "mono": "yes" if mono else ""})

        root = occasion.root
        if root is not None:
            say(_("Signed up to link"), str(root.number))
            say(_("Hash of that link"), root.hash, mono=True)
            say(_("The mine's public key"), root.key.public, mono=True)
            say(_("Signature"), root.signature, mono=True)
        if occasion.bundle:
            say(_("Bundle"), occasion.bundle, mono=True)
            say(_("What it is for"), occasion.purpose)
            say("", "python verify.py --key KEY", mono=True)
            text = _(
                "This paper is for reading. What proves it lies in the same bundle: the program "
                "verify.py names every file and every link that was changed, without a network. "
                "KEY is the public key that the mine handed over by another way."
            )
        else:
            text = _(
                "This paper is for reading. Its SHA-256 stands in the mine's record and on the "
                "receipt of its download. A bundle of this alarm holds the videos, and proves all "
                "of it without a network."
            )
        say("", text)
        return lines

    def size(self, count: int) -> str:
        return filesizeformat(count) if count else ""  # as the pages say it

    def table(
        self, title: str, head: list[str], rows: list[Any], widths: list[int], none: str = "–"
    ) -> dict[str, Any]:
        plain = [[[c for c in cell if c] for cell in row] for row in rows]
        return {
            "title": title, "head": head, "rows": plain, "widths": widths, "none": none, "note": ""
        }  # fmt: skip
