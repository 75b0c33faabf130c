from django.db import migrations

from apps.tenancy.rls import append_only, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("alarms", "0001_initial")]

    operations = [
        protect("alarms_alarm"),
        protect("alarms_alarmtransition"),
        protect("alarms_snapshot"),
        append_only("alarms_alarmtransition"),
    ]
