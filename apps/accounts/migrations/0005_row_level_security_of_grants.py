from django.db import migrations

from apps.tenancy.rls import MINES, USER, protect


class Migration(migrations.Migration):
    """Fences grants by mine; a person sees their own."""

    dependencies = [("accounts", "0004_grants")]

    operations = [
        protect("accounts_grant", f"user_id = {USER} OR mine_id = ANY ({MINES})"),
    ]
