from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences reports by mine."""

    dependencies = [("signals", "0003_report")]

    operations = [
        protect("signals_report"),
    ]
