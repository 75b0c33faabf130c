from django.db import migrations

from apps.tenancy.rls import protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("privacy", "0001_copies")]

    operations = [protect("privacy_copy"), protect("privacy_unblur")]
