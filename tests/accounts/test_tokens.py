"""A person's own keys for programs, as the page of the account makes them."""

from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiToken
from apps.accounts.services import token_create
from apps.backup.services import NOT_IN_IT
from apps.tenancy.scope import mine_scope, system_scope
from tests.cast import Cast


def test_the_page_of_keys_says_how_a_program_uses_one_and_what_it_may_ask(cast: Cast):
    emil = Client()
    emil.force_login(cast.integrator)
    page = emil.get("/account/").content.decode()
    assert "Authorization: Token davy_" in page and f'href="{reverse("api:schema")}"' in page
    assert emil.get(reverse("api:schema")).status_code == 200


def test_a_page_that_shows_a_new_key_makes_no_second_one_when_it_is_loaded_again(cast: Cast):
    emil = Client()
    emil.force_login(cast.integrator)
    form = {"mine": cast.lamp_hill.mine.pk, "name": "winch PLC", "days": 90}
    made = emil.post(reverse("token-add"), form)
    assert made.status_code == 200 and b'id="secret"' in made.content
    again = emil.post(reverse("token-add"), form)
    assert again.status_code == 400 and b"in use already" in again.content
    with system_scope("test"):
        assert ApiToken.objects.filter(name="winch PLC").count() == 1
        ApiToken.objects.filter(name="winch PLC").update(revoked_at="2026-03-04T12:00:00Z")
    assert emil.post(reverse("token-add"), form).status_code == 200, "a revoked one frees its name"


def test_another_secret_key_ends_every_key_of_a_program_as_a_backup_says(cast: Cast, settings):
    with mine_scope(cast.lamp_hill.mine.pk):
        _, text = token_create(mine=cast.lamp_hill.mine, user=cast.integrator, name="winch PLC")

    def answer() -> int:
        headers = {"Authorization": f"Bearer {text}"}
        return Client().get("/api/v1/cameras/", headers=headers).status_code

    assert answer() == 200
    settings.SECRET_KEY = "another one, as after a restore elsewhere"
    assert answer() == 401
    [told] = [line for line in NOT_IN_IT if line.startswith("DAVY_SECRET_KEY")]
    assert "every program needs a new key" in told
