from django.db import migrations

from apps.tenancy.rls import protect

HELD = """
CREATE FUNCTION evidence_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_clip bigint;
    this_alarm bigint;
BEGIN
    IF TG_TABLE_NAME = 'evidence_clip' THEN
        this_clip := OLD.id;
        this_alarm := OLD.alarm_id;
    ELSE
        this_alarm := OLD.id;
    END IF;
    IF EXISTS (
        SELECT FROM evidence_hold
        WHERE ended_at IS NULL AND (clip_id = this_clip OR alarm_id = this_alarm)
    ) THEN
        RAISE EXCEPTION 'held: % % cannot be deleted', TG_TABLE_NAME, OLD.id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER held BEFORE DELETE ON evidence_clip
    FOR EACH ROW EXECUTE FUNCTION evidence_is_held();
CREATE TRIGGER held_state BEFORE UPDATE OF state ON evidence_clip
    FOR EACH ROW WHEN (NEW.state IN ('expiring', 'expired') AND OLD.state <> 'expiring')
    EXECUTE FUNCTION evidence_is_held();
CREATE TRIGGER held BEFORE DELETE ON alarms_alarm
    FOR EACH ROW EXECUTE FUNCTION evidence_is_held();
CREATE FUNCTION evidence_hold_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a hold is never deleted';
    END IF;
    IF OLD.ended_at IS NOT NULL
        OR (NEW.mine_id, NEW.clip_id, NEW.alarm_id, NEW.reason, NEW.until, NEW.placed_by_id)
            IS DISTINCT FROM
            (OLD.mine_id, OLD.clip_id, OLD.alarm_id, OLD.reason, OLD.until, OLD.placed_by_id)
        OR (NEW.ended_at < OLD.until AND NEW.released_by_id IS NULL)
    THEN
        RAISE EXCEPTION 'a hold is only ever ended, once, at its time or by a second person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON evidence_hold
    FOR EACH ROW EXECUTE FUNCTION evidence_hold_stands();
"""
AWAY = """
DROP TRIGGER stands ON evidence_hold;
DROP FUNCTION evidence_hold_stands();
DROP TRIGGER held ON alarms_alarm;
DROP TRIGGER held_state ON evidence_clip;
DROP TRIGGER held ON evidence_clip;
DROP FUNCTION evidence_is_held();
"""


class Migration(migrations.Migration):
    """Fences holds by mine; the database itself refuses to delete what is held."""

    dependencies = [("evidence", "0003_hold")]

    operations = [protect("evidence_hold"), migrations.RunSQL(HELD, AWAY)]
