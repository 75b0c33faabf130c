import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("cameras", "0001_initial"), ("mines", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                ("value", models.FloatField(null=True)),
                ("confidence", models.FloatField(null=True)),
                (
                    "camera",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="cameras.camera",
                    ),
                ),
                (
                    "mine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="mines.mine",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="readings_re_at_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("camera", "name", "at"), name="reading_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "step",
                    models.CharField(
                        choices=[("minute", "minute"), ("hour", "hour")], max_length=6
                    ),
                ),
                ("at", models.DateTimeField()),
                ("minimum", models.FloatField(null=True)),
                ("mean", models.FloatField(null=True)),
                ("maximum", models.FloatField(null=True)),
                ("count", models.PositiveIntegerField(default=0)),
                ("lost", models.PositiveIntegerField(default=0)),
                (
                    "camera",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cameras.camera",
                    ),
                ),
                (
                    "mine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="mines.mine",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["step", "at"], name="readings_ro_step_at_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("camera", "name", "step", "at"), name="rollup_once"
                    )
                ],
            },
        ),
    ]
