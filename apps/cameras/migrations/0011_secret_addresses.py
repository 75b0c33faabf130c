from django.db import migrations, models

from apps.cameras.secrets import covered, lock, split_credentials


def move_out(apps, schema_editor):
    """Move the passwords that stand in addresses out of them, encrypted."""
    camera_model = apps.get_model("cameras", "Camera")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('davy.system', 'on', true)")
    for camera in camera_model.objects.all():
        before = (camera.main_url, camera.sub_url)
        for stream in ("main", "sub"):
            url, user, password = split_credentials(getattr(camera, f"{stream}_url"))
            # What was typed into its own field is the newer.
            camera.username = camera.username or user[:100]
            if password and not camera.password_box:
                camera.password_box = lock(password)
            # *** may be longer than what it stands for; the box has all of it.
            setattr(camera, f"{stream}_url", covered(url)[:500])
            if covered(url) != url and not getattr(camera, f"{stream}_box"):
                setattr(camera, f"{stream}_box", lock(url))
        if (camera.main_url, camera.sub_url) != before:
            camera.save()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('davy.system', '', true)")


class Migration(migrations.Migration):
    """Keeps no password in an address: what is secret in one is encrypted beside it."""

    dependencies = [("cameras", "0010_numbers")]

    operations = [
        migrations.AddField(
            model_name="camera",
            name="main_box",
            field=models.TextField(blank=True, default="", db_default=""),
        ),
        migrations.AddField(
            model_name="camera",
            name="sub_box",
            field=models.TextField(blank=True, default="", db_default=""),
        ),
        migrations.RunPython(move_out, migrations.RunPython.noop),
    ]
