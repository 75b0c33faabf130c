from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("recordings", "0001_initial")]

    operations = [
        protect("recordings_stretch"),
        protect("recordings_gap"),
        protect("recordings_retention"),
    ]
