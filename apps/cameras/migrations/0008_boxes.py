from django.db import migrations, models


class Migration(migrations.Migration):
    """Lets a chunk keep where people and vehicles were in its analysed pictures."""

    dependencies = [("cameras", "0007_rate")]

    operations = [
        migrations.AddField(model_name="chunk", name="boxes", field=models.BinaryField(null=True)),
    ]
