from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's table by mine."""

    dependencies = [("playback", "0001_initial")]

    operations = [protect("playback_motion")]
