from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0014_reason_of_any_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="alarm",
            name="unwatched",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
