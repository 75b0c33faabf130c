from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("plans", "0001_initial")]

    operations = [protect("plans_plan"), protect("plans_placement")]
