from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's table by mine."""

    dependencies = [("bundles", "0001_initial")]

    operations = [protect("bundles_bundle")]
