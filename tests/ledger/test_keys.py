"""Each key of a mine is tied to the one before it; one that somebody put in is found."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.cameras.secrets import lock, stream_url, unlock
from apps.ledger import views
from apps.ledger.models import Root, SigningKey
from apps.ledger.selectors import ledger_faults, newest_link, newest_root, statement_of
from apps.ledger.services import USE, key_rotate, ledger_seal, root_sign
from apps.ledger.verify import canonical
from apps.mines.models import Mine
from apps.tenancy.scope import mine_scope
from tests.cast import Cast


@pytest.fixture
def hill(cast: Cast):
    """Lamp Hill in scope, signed by its first key."""
    with mine_scope(cast.lamp_hill.mine.pk):
        act(cast.lamp_hill.mine)
        root_sign(mine_id=cast.lamp_hill.mine.pk)
        yield cast.lamp_hill.mine


def act(mine: Mine) -> None:
    record(action="test.act", subject="row", mine_id=mine.pk, part="test")
    ledger_seal(mine_id=mine.pk)


def faults(mine: Mine, **known: str) -> list[str]:
    return list(ledger_faults(mine_id=mine.pk, **known))


def in_force() -> SigningKey:
    return SigningKey.objects.get(retired_at=None)


def put_in(mine: Mine) -> str:
    """Sign the chain as who rules the database without DAVY_FIELD_KEY: by a key made up."""
    forged = Ed25519PrivateKey.generate()
    key = SigningKey.objects.create(
        mine=mine,
        public=forged.public_key().public_bytes_raw().hex(),
        private_box=in_force().private_box,
        retired_at=timezone.now(),
    )
    act(mine)
    last, before = newest_link(mine_id=mine.pk), newest_root(mine_id=mine.pk)
    root = Root(
        mine=mine, number=last.number, hash=last.hash, at=timezone.now(), key=key,
        previous=before.signature,
    )  # fmt: skip
    root.signature = forged.sign(canonical(statement_of(root))).hex()
    root.save()
    return key.public


def test_a_key_that_somebody_put_in_signs_nothing(hill: Mine):
    forged, genuine = put_in(hill), in_force().public
    for known in ({}, {"key": genuine}):
        told = faults(hill, **known)
        assert f"key {forged}: no signature ties it to the key {genuine}" in told
        assert any("signed by an unknown key" in fault for fault in told)


def test_a_key_that_somebody_put_in_cannot_be_vouched_for_by_mistake(hill: Mine):
    forged = put_in(hill)
    said = StringIO()
    with pytest.raises(CommandError, match="Not all done"):
        call_command("ledger", "vouch", mine=hill.pk, stderr=said)
    assert f"The box of the key {forged} holds another key." in said.getvalue()
    assert f"key {forged}: no signature ties it to the key {in_force().public}" in faults(hill)


def test_the_chain_holds_by_each_key_that_the_mine_ever_gave(hill: Mine):
    keys = [in_force().public]
    for _ in range(2):
        key_rotate(mine=hill)
        act(hill)
        root_sign(mine_id=hill.pk)
        keys.append(in_force().public)
    for key in keys:
        assert faults(hill, key=key) == []
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", mine=hill.pk, key="ab" * 32)


def test_a_key_after_a_lost_one_is_told_as_such(hill: Mine, settings):
    lost = in_force().public
    settings.FIELD_KEY = Fernet.generate_key().decode()
    key_rotate(mine=hill)
    act(hill)
    root_sign(mine_id=hill.pk)
    assert faults(hill) == []
    said = StringIO()
    call_command("ledger", "verify", mine=hill.pk, stdout=said)
    assert f"the key {lost} was lost" in said.getvalue()
    told = faults(hill, key=lost)
    assert f"key {in_force().public}: no signature ties it to the key {lost}" in told


def test_keys_of_before_handovers_hold_once_somebody_vouches_for_them(hill: Mine):
    key_rotate(mine=hill)
    old = SigningKey.objects.exclude(retired_at=None).get()
    SigningKey.objects.filter(pk=old.pk).update(handover={})
    act(hill)
    root_sign(mine_id=hill.pk)
    assert f"key {old.public}: no signature ties it to the key {in_force().public}" in faults(hill)
    said = StringIO()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("ledger", "verify", mine=hill.pk, stderr=said)
    assert "ledger vouch" in said.getvalue()
    call_command("ledger", "vouch", mine=hill.pk)
    ledger_seal(mine_id=hill.pk)
    for known in (old.public, in_force().public):
        assert faults(hill, key=known) == []


def test_the_page_tells_keys_of_before_handovers_from_what_is_wrong(hill: Mine, cast: Cast, client):
    old = in_force().public
    for _ in range(25):  # more roots than faults are named
        act(hill)
        root_sign(mine_id=hill.pk)
    key_rotate(mine=hill)
    SigningKey.objects.filter(public=old).update(handover={})
    act(hill)
    root_sign(mine_id=hill.pk)
    client.force_login(cast.auditor)

    def page() -> str:
        return client.post(reverse("ledger-verify", args=[hill.pk])).content.decode()

    told = page()
    assert "ledger vouch" in told and f"{old}</code></li>" in told
    assert "Besides that it holds" in told and "The record does not hold" not in told
    said = AuditEntry.objects.filter(action="ledger.verified").get().detail["faults"]
    assert said == [f"key {old}: no signature ties it to the key {in_force().public}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "stamp_faults", lambda mine_id: iter(["link 3: changed"]))
        told = page()
    assert "The record does not hold" in told and "link 3: changed" in told
    assert "ledger vouch" in told and "Besides that it holds" not in told
    call_command("ledger", "vouch", mine=hill.pk)
    assert "every link and every signature" in page()


def test_for_a_lost_key_somebody_who_knows_it_vouches_by_its_name(hill: Mine, settings):
    old = in_force().public
    settings.FIELD_KEY = Fernet.generate_key().decode()
    key_rotate(mine=hill)
    SigningKey.objects.filter(public=old).update(handover={})
    with pytest.raises(CommandError, match="Not all done"):
        call_command("ledger", "vouch", mine=hill.pk)
    assert faults(hill) != []
    call_command("ledger", "vouch", mine=hill.pk, key=old)
    ledger_seal(mine_id=hill.pk)
    assert faults(hill) == []


def test_no_camera_opens_the_box_of_a_signing_key(hill: Mine, cast: Cast):
    camera = cast.lamp_hill.camera
    camera.username, camera.password_box = "admin", in_force().private_box
    with pytest.raises(ImproperlyConfigured):
        stream_url(camera, "main")


def test_a_key_of_an_earlier_version_is_locked_anew_at_the_next_signature(hill: Mine, cast: Cast):
    key = in_force()
    SigningKey.objects.update(private_box=lock(unlock(key.private_box, use=USE)))
    act(hill)
    root_sign(mine_id=hill.pk)
    assert faults(hill) == []
    with pytest.raises(ImproperlyConfigured):
        unlock(in_force().private_box)


def test_a_part_of_a_key_is_called_none_and_not_a_record_that_does_not_hold(hill: Mine):
    with pytest.raises(CommandError, match="this is no key"):
        call_command("ledger", "verify", mine=hill.pk, key="d65105b3104…")
