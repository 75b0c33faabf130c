from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("notify", "0001_initial")]

    operations = [
        protect("notify_route"),
        protect("notify_delivery"),
        protect("notify_attempt"),
        protect("notify_subscription"),
    ]
