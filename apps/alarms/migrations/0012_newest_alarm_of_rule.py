from django.db import migrations, models


class Migration(migrations.Migration):
    """Finds the newest alarm of a rule without reading its camera's past."""

    dependencies = [("alarms", "0011_alarm_of_camera")]

    operations = [
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["camera", "rule", "-id"], name="alarm_of_rule"),
        ),
    ]
