from django.db import migrations

from apps.tenancy.rls import append_only, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine; links and roots are never changed."""

    dependencies = [("ledger", "0001_initial")]

    operations = [
        protect("ledger_link"),
        protect("ledger_signingkey"),
        protect("ledger_root"),
        append_only("ledger_link"),
        append_only("ledger_root"),
    ]
