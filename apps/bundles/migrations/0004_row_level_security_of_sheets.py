from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the table of sheets by mine."""

    dependencies = [("bundles", "0003_sheet")]

    operations = [protect("bundles_sheet")]
