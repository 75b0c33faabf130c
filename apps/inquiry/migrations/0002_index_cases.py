from django.db import migrations

from apps.inquiry.words import words_in
from apps.tenancy.rls import protect

BATCH = 500


def index(apps, schema_editor):
    """Find the words of the alarms that are there already."""
    alarm_model = apps.get_model("alarms", "Alarm")
    step_model = apps.get_model("alarms", "AlarmTransition")
    word_model = apps.get_model("inquiry", "CaseWord")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('davy.system', 'on', true)")
    last = 0
    while rows := list(alarm_model.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        notes: dict[int, list[str]] = {}
        steps = step_model.objects.filter(alarm__in=[row.pk for row in rows]).exclude(note="")
        for alarm, note in steps.values_list("alarm", "note"):
            notes.setdefault(alarm, []).append(note)
        word_model.objects.bulk_create(
            [
                word_model(mine_id=row.mine_id, alarm_id=row.pk, word=word)
                for row in rows
                for word in words_in(
                    str(row.pk), row.why, row.rule, row.rule_type, row.level, row.finding,
                    *notes.get(row.pk, ()),
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('davy.system', '', true)")


class Migration(migrations.Migration):
    """Fences the words by mine, and finds those of the alarms that are there."""

    dependencies = [("inquiry", "0001_words")]

    operations = [
        protect("inquiry_caseword"),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
