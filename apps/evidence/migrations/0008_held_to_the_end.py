from django.db import migrations

HELD = """
DROP TRIGGER held_state ON evidence_clip;
CREATE TRIGGER held_state BEFORE UPDATE OF state ON evidence_clip
    FOR EACH ROW WHEN (NEW.state IN ('expiring', 'expired') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION evidence_is_held();
"""
BEFORE = """
DROP TRIGGER held_state ON evidence_clip;
CREATE TRIGGER held_state BEFORE UPDATE OF state ON evidence_clip
    FOR EACH ROW WHEN (NEW.state IN ('expiring', 'expired') AND OLD.state <> 'expiring')
    EXECUTE FUNCTION evidence_is_held();
"""


class Migration(migrations.Migration):
    """Lets no deletion end of what was held after it began."""

    dependencies = [("evidence", "0007_sighting")]

    operations = [migrations.RunSQL(HELD, BEFORE)]
