from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences by mine where masks lie."""

    dependencies = [("rules", "0005_masks_carried")]

    operations = [
        protect("rules_maskscarried"),
    ]
