from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences replays by mine."""

    dependencies = [("rules", "0003_replay")]

    operations = [
        protect("rules_replay"),
    ]
