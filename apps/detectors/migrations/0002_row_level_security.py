from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("detectors", "0001_initial")]

    operations = [
        protect("detectors_ownmodel"),
        protect("detectors_shadowday"),
    ]
