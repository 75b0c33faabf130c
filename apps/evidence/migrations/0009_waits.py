from django.db import migrations, models


class Migration(migrations.Migration):
    """Notes how long a clip waits for chunks that were recorded while the database was away."""

    dependencies = [("evidence", "0008_held_to_the_end")]

    operations = [
        migrations.AddField(
            model_name="clip", name="waits_until", field=models.DateTimeField(null=True)
        )
    ]
