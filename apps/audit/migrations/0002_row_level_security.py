from django.db import migrations

from apps.tenancy.rls import MINES, append_only, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        # An act outside any mine is written, and read, in a system scope only.
        protect("audit_auditentry", f"mine_id = ANY ({MINES})"),
        append_only("audit_auditentry"),
    ]
