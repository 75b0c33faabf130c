from django.db import migrations

FINITE = """
SELECT set_config('davy.system', 'on', true);
UPDATE cameras_camera SET chunk_s = 1 WHERE chunk_s = 'NaN';
SELECT set_config('davy.system', '', true);
"""


class Migration(migrations.Migration):
    """Gives cameras whose chunk length was imported as "nan" the usual one."""

    dependencies = [("cameras", "0011_secret_addresses")]

    operations = [migrations.RunSQL(FINITE, migrations.RunSQL.noop)]
