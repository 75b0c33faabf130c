from django.db import migrations, models


class Migration(migrations.Migration):
    """Lets a bundle hold videos that belong to no alarm."""

    dependencies = [("bundles", "0004_row_level_security_of_sheets")]

    operations = [
        migrations.AddField(
            model_name="bundle", name="clips", field=models.JSONField(default=list)
        ),
    ]
