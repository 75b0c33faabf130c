"""A person's own keys for programs, as the page of the account makes them."""

from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiToken
from apps.tenancy.scope import system_scope
from tests.cast import Cast


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
