from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("cameras", "0001_initial")]

    operations = [
        protect("cameras_camera"),
        protect("cameras_streamstate"),
        protect("cameras_chunk"),
        protect("cameras_analysis"),
    ]
