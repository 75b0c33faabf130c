"""Acts of the record in words, and the groups by which they are looked for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.alarms.life import Cause

__all__ = ["ACTS", "DOWNLOADS", "GROUPS", "PARTS", "act_choices", "act_words", "part_words"]

ACTS: dict[str, str | Promise] = {
    **{f"alarm.{cause.value}": _("Alarm: %s") for cause in Cause},
    "area.changed": _("Place changed"),
    "area.created": _("Place added"),
    "area.deleted": _("Place deleted"),
    "audit.looked": _("Auditor looked"),
    "backup.made": _("Backup made"),
    "backup.restored": _("Backup restored"),
    "bundle.asked": _("Evidence bundle asked for"),
    "bundle.download": _("Evidence bundle downloaded"),
    "bundle.failed": _("Evidence bundle not packed"),
    "bundle.ready": _("Evidence bundle packed"),
    "bundle.removed": _("Old evidence bundle removed"),
    "camera.changed": _("Camera changed"),
    "camera.created": _("Camera added"),
    "camera.download": _("Recording downloaded"),
    "camera.live": _("Live picture watched"),
    "camera.playback": _("Recording watched"),
    "camera.preview": _("Recording looked through"),
    "camera.view_accepted": _("Camera's new view accepted"),
    "cameras.imported": _("Cameras imported"),
    "clip.changed": _("Store gives another video than was stored"),
    "clip.cut": _("Video cut by hand"),
    "clip.download": _("Video downloaded"),
    "clip.expired": _("Video deleted"),
    "clip.expiring": _("Video's deletion began"),
    "clip.extended": _("Longer video cut"),
    "clip.failed": _("No video could be made"),
    "clip.file": _("File beside a video downloaded"),
    "clip.found": _("Missing video is back"),
    "clip.kept": _("Video's deletion taken back: it is held"),
    "clip.missing": _("Video is missing in the store"),
    "clip.play": _("Video watched"),
    "clip.ready": _("Video stored"),
    "copy.failed": _("Covered copy could not be made"),
    "copy.made": _("Covered copy made"),
    "download.stopped": _("Download stopped: the right to it ended"),
    "escalation.set": _("Escalation ladder changed"),
    "flood.began": _("Flood of alarms began"),
    "flood.ended": _("Flood of alarms ended"),
    "grant.ended": _("Auditor's access ended"),
    "grant.given": _("Auditor's access granted"),
    "handover.signed": _("Shift handed over"),
    "handover.taken": _("Shift taken over"),
    "hold.ended": _("Hold ended"),
    "hold.released": _("Hold given up"),
    "hold.placed": _("Video or alarm held"),
    "input.changed": _("Other system reported"),
    "input.late": _("Other system reported late"),
    "ledger.key_made": _("New signing key"),
    "ledger.key_vouched": _("Older signing key vouched for"),
    "ledger.stamp_failed": _("No time stamp yet"),
    "ledger.stamped": _("Time stamp of the record"),
    "ledger.verified": _("Record checked"),
    "list.exported": _("List exported"),
    "machine.changed": _("Machine changed"),
    "machine.created": _("Machine added"),
    "machine.deleted": _("Machine deleted"),
    "masking.changed": _("Masks in the recording changed"),
    "member.removed": _("Role taken away"),
    "member.set": _("Role given"),
    "mine.changed": _("Mine changed"),
    "mine.created": _("Mine opened"),
    "mine.pack": _("Clauses of law chosen"),
    "model.failed": _("Own model failed"),
    "model.promoted": _("Own model in force"),
    "model.registered": _("Own model uploaded"),
    "model.retired": _("Own model retired"),
    "model.rolled_back": _("Own model taken back"),
    "notify.device_added": _("Browser takes messages"),
    "notify.device_removed": _("Browser takes no messages any more"),
    "notify.given_up": _("Message given up"),
    "notify.route_changed": _("Notification route changed"),
    "notify.route_created": _("Notification route added"),
    "notify.route_removed": _("Notification route removed"),
    "notify.route_tested": _("Notification route tested"),
    "organisation.changed": _("Organisation changed"),
    "password.changed": _("Password changed"),
    "password.renewed": _("New password given"),
    "plan.camera_placed": _("Camera placed on a plan"),
    "plan.camera_taken_off": _("Camera taken off a plan"),
    "plan.removed": _("Plan removed"),
    "plan.set": _("Plan uploaded"),
    "recording.pressed_out": _("Recording deleted for want of room"),
    "recording.sealed": _("Recordings bound into the record"),
    "replay.cancelled": _("Replay cancelled"),
    "replay.done": _("Replay done"),
    "replay.failed": _("Replay failed"),
    "replay.play": _("Video of a replay watched"),
    "replay.started": _("Replay started"),
    "retention.changed": _("Retention changed"),
    "rule.shadow": _("Rule in shadow told"),
    "scene.published": _("Zones and rules put in force"),
    "sheet.download": _("Time line downloaded as PDF"),
    "sheet.made": _("Time line set as PDF"),
    "signal.changed": _("Machine's state reported"),
    "signal.late": _("Machine's state reported late"),
    "silence.asked": _("Silence asked for"),
    "silence.began": _("Silence began"),
    "silence.ended": _("Silence ended"),
    "stream.state": _("Camera's stream changed its state"),
    "token.created": _("Program's key made"),
    "token.revoked": _("Program's key revoked"),
    "unblur.agreed": _("Video without blur agreed to"),
    "unblur.asked": _("Video without blur asked for"),
    "unblur.refused": _("Video without blur refused"),
    "unblur.taken_back": _("Video without blur asked for no longer"),
}
# Who it was where it was no person: the part of Davy.
PARTS: dict[str, str | Promise] = {
    "": _("Davy itself"),
    "alarms": _("Davy's alarms"),
    "analysis": _("Davy's analysis"),
    "backup": _("Davy's backup"),
    "bundles": _("Davy's packer"),
    "evidence": _("Davy's clips"),
    "ledger": _("Davy's ledger"),
    "notify": _("Davy's notifications"),
    "privacy": _("Davy's blurring"),
    "recorder": _("Davy's recorder"),
    "recordings": _("Davy's retention"),
    "replay": _("Davy's replay"),
    "server": _("whoever keeps the server"),
    "time": _("Time's passing"),
}
# What somebody took away, each with a receipt.
DOWNLOADS = (
    "bundle.download", "camera.download", "clip.download", "clip.file", "sheet.download",
)  # fmt: skip
LOOKS = ("audit.looked", "camera.live", "camera.playback", "camera.preview", "clip.play")
SETTINGS = (
    "area.", "camera.c", "camera.view", "cameras.", "escalation.", "machine.", "masking.", "mine.",
    "model.",
    "notify.route", "organisation.", "plan.", "retention.", "scene.",
)  # fmt: skip
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "alarms": (
        _("all about alarms"),
        tuple(a for a in ACTS if a.startswith(("alarm.", "silence."))),
    ),
    "looks": (_("all looks"), (*LOOKS, "replay.play")),
    "taken": (_("everything taken away"), (*DOWNLOADS, "list.exported", "download.stopped")),
    "settings": (_("all settings"), tuple(a for a in ACTS if a.startswith(SETTINGS))),
    "people": (
        _("roles, keys and access"),
        tuple(a for a in ACTS if a.startswith(("member.", "token.", "grant.", "password."))),
    ),
}


def act_words(code: str) -> str:
    """Say an act; one without words yet is shown readable as it is."""
    if code.startswith("alarm."):
        cause = code.removeprefix("alarm.")
        label = dict(Cause.choices).get(cause)
        if label is not None:
            return str(ACTS[code]) % label
    text = ACTS.get(code)
    return str(text) if text is not None else code.replace("_", " ").replace(".", ": ")


def part_words(part: str) -> str:
    """Say which part of Davy it was; one without words is shown as it is."""
    return str(PARTS.get(part, part))


def act_choices(mine_ids: list[int]) -> list[tuple[str, str]]:
    """List the groups, then every act, in the order of the reader's words."""
    groups = [(code, str(words)) for code, (words, _acts) in GROUPS.items()]
    return groups + sorted(((code, act_words(code)) for code in ACTS), key=lambda one: one[1])
