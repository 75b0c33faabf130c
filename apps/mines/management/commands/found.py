"""`manage.py found`: the first organisation and its owner on a new installation."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from apps.accounts.models import Role
from apps.accounts.passwords import password_made
from apps.accounts.services import organisation_member_set, user_create
from apps.mines.models import Organisation
from apps.tenancy.scope import system_scope


class Command(BaseCommand):
    """Create an organisation and the person who owns it; the rest is done on the pages."""

    help = "Create an organisation and its owner, and print the owner's password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the two."""
        parser.add_argument("organisation", help='such as "Northern Coal"')
        parser.add_argument("owner", help="the owner's user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create both or neither."""
        password = password_made()
        slug = slugify(options["organisation"], allow_unicode=False) or secrets.token_hex(4)
        try:
            with system_scope("an installation's first organisation"):
                if there := Organisation.objects.filter(slug=slug).first():
                    raise CommandError(f'There is "{there}" already: its owner adds whoever joins.')
                organisation = Organisation(name=options["organisation"], slug=slug)
                organisation.full_clean()
                organisation.save()
                owner = user_create(
                    username=options["owner"], password=password, password_given=True
                )
                organisation_member_set(organisation=organisation, user=owner, role=Role.OWNER)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f"{owner.username} owns {organisation}; password: {password}")
