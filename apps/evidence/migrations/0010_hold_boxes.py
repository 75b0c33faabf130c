from django.db import migrations

AGAIN = """
SELECT set_config('davy.system', 'on', true);
UPDATE evidence_clip AS clip SET held_in_store = false
WHERE clip.held_in_store AND clip.state = 'ready'
    AND jsonb_exists(clip.manifest -> 'files', 'boxes.json')
    AND EXISTS (
        SELECT FROM evidence_hold AS hold
        WHERE hold.ended_at IS NULL AND hold.until > now() + interval '1 day'
            AND (hold.clip_id = clip.id OR hold.alarm_id = clip.alarm_id)
    );
SELECT set_config('davy.system', '', true);
"""


class Migration(migrations.Migration):
    """Has the store told again of the holds on videos whose boxes it was never told to hold."""

    dependencies = [("evidence", "0009_waits")]

    operations = [migrations.RunSQL(AGAIN, migrations.RunSQL.noop)]
