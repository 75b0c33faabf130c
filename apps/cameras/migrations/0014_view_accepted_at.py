from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cameras", "0013_backlog"),
    ]

    operations = [
        migrations.AddField(
            model_name="analysis",
            name="view_accepted_at",
            field=models.DateTimeField(null=True),
        ),
        # It is unset within a second of being set: nothing is lost with it.
        migrations.RemoveField(
            model_name="analysis",
            name="accept_view",
        ),
    ]
