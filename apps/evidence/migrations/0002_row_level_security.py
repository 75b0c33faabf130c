from django.db import migrations

from apps.tenancy.rls import append_only, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("evidence", "0001_initial")]

    operations = [
        protect("evidence_clip"),
        protect("evidence_clipaccess"),
        append_only("evidence_clipaccess"),
    ]
