from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mines", "0003_clauses"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="area",
            name="area_name_once",
            constraint=models.UniqueConstraint(
                fields=("mine", "name"),
                name="area_name_once",
                violation_error_message="This mine has a place of that name already.",
            ),
        ),
    ]
