from django.db import migrations, models


class Migration(migrations.Migration):
    """Finds one camera's alarms of a time without reading the mine's."""

    dependencies = [("alarms", "0010_stages")]

    operations = [
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["camera", "-raised_at"], name="alarm_of_camera"),
        ),
    ]
