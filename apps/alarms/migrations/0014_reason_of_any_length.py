from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0013_witness_level"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alarm",
            name="why",
            field=models.TextField(),
        ),
    ]
