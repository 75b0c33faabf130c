from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("readings", "0001_initial")]

    operations = [
        protect("readings_reading"),
        protect("readings_rollup"),
    ]
