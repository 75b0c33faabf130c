from django.db import migrations, models


class Migration(migrations.Migration):
    """Lets a rule's alarm begin while one of another type under the same name is still open."""

    dependencies = [("alarms", "0015_no_longer_watched")]

    operations = [
        migrations.RemoveConstraint(model_name="alarm", name="one_alarm_per_situation"),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.UniqueConstraint(
                fields=["camera", "rule", "rule_type"],
                condition=models.Q(cleared_at=None),
                name="one_alarm_per_situation",
            ),
        ),
    ]
