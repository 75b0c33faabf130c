from django.db import migrations

from apps.tenancy.rls import MINES, ORGANISATIONS, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("mines", "0001_initial")]

    operations = [
        protect("mines_area"),
        protect("mines_machine"),
        protect("mines_mine", f"id = ANY ({MINES})"),
        protect("mines_organisation", f"id = ANY ({ORGANISATIONS})"),
    ]
