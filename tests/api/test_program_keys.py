"""Programs' keys: whom they let in, to what, and until when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import ApiToken, Membership, Role
from apps.accounts.organisations import member_take_out
from apps.accounts.services import (
    member_remove,
    member_set,
    organisation_member_set,
    token_create,
    token_revoke,
    tokens_end,
)
from apps.tenancy.scope import system_scope
from tests.api.program import Program
from tests.cast import Cast


@pytest.mark.parametrize("how", ["revoked", "expired", "unknown", "garbage", "person inactive"])
def test_a_token_that_no_longer_holds_is_refused(cast: Cast, how: str):
    token = cast.token
    with system_scope("test"):
        row = ApiToken.objects.get(user=cast.integrator)
        if how == "revoked":
            token_revoke(token=row, actor=cast.owner)
        elif how == "expired":
            row.expires_at = timezone.now() - timedelta(seconds=1)
            row.save()
        elif how == "person inactive":
            cast.integrator.is_active = False
            cast.integrator.save()
        elif how == "unknown":
            token = token[:-3] + "xyz"
        else:
            token = "davy_"
    answer = Program(token).get("mines/")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize("address", ["/account/", "/desk/", "/alarms/", "/portal/", "/"])
def test_a_token_opens_the_api_alone(cast: Cast, address: str):
    """On its person's pages its holder could make keys that outlive it."""
    answer = Program(cast.token).client.get(address)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["message"] == "A token opens the API alone."


def test_whoever_is_removed_and_comes_back_comes_without_their_old_keys(cast: Cast):
    mine, everywhere = cast.lamp_hill.mine, cast.lamp_hill.mine.organisation
    with system_scope("test"):
        owners = token_create(mine=mine, user=cast.owner, name="hers")[1]
        organisation_member_set(organisation=everywhere, user=cast.admin, role=Role.OWNER)
        row = Membership.objects.get(user=cast.integrator)
        member_remove(membership=row, actor=cast.owner)
        member_set(mine=mine, user=cast.integrator, role=Role.ADMIN)
        tokens_end(user=cast.owner, mine_ids=[mine.pk], actor=cast.owner)
        row = Membership.objects.get(user=cast.owner)
    assert Program(cast.token).get("mines/").status_code == 401
    assert Program(owners).get("mines/").status_code == 200, "she has her role in all mines"
    member_take_out(organisation=everywhere, member_id=str(row.pk), actor=cast.admin)
    assert Program(owners).get("mines/").status_code == 401


def test_the_secret_of_a_token_is_kept_nowhere(cast: Cast):
    with system_scope("test"):
        row = ApiToken.objects.get(user=cast.integrator)
    secret = cast.token.split("_", 2)[2]
    assert secret not in str(vars(row))
