from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the table of spans by mine."""

    dependencies = [("privacy", "0003_span")]

    operations = [protect("privacy_span")]
