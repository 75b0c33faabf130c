from django.db import migrations

from apps.tenancy.rls import MINES, USER, protect


class Migration(migrations.Migration):
    """Fences the app's tables by mine."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        protect("accounts_apitoken"),
        # A person sees their own roles, and an admin those of the mine that is in scope.
        protect("accounts_membership", f"user_id = {USER} OR mine_id = ANY ({MINES})"),
    ]
