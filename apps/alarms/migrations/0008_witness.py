import django.db.models.deletion
from django.db import migrations, models

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0007_handover"),
        ("cameras", "0005_shown"),
        ("mines", "0002_row_level_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="Witness",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=100)),
                ("situation", models.CharField(max_length=150)),
                ("seen_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
                (
                    "alarm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="witnesses",
                        to="alarms.alarm",
                    ),
                ),
                (
                    "camera",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
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
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        fields=["camera", "rule", "situation"],
                        name="alarms_witn_camera__5c210e_idx",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("alarm", "camera", "rule"), name="witness_once")
                ],
            },
        ),
        protect("alarms_witness"),
    ]
