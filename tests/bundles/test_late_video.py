"""What gets ready while a bundle is packed: the next attempt takes it in, with its proof."""

from datetime import timedelta

from django.utils import timezone

from apps.bundles import services
from apps.bundles.models import Bundle
from apps.bundles.services import bundle_make
from apps.privacy.models import Unblur
from tests.bundles.packing import an_alarm_with_clip, ask, packed, run
from tests.cast import Cast


def test_what_gets_ready_after_the_root_was_signed_is_not_handed_out_without_proof(
    hill: Cast, tmp_path, monkeypatch
):
    alarm = an_alarm_with_clip(hill, tmp_path)
    Unblur.objects.all().delete()  # so that a covered copy is packed
    bundle = ask(hill, alarm)
    cover, sign = services._cover, services.root_sign

    def sign_too_early(**how):
        root = sign(**how)
        cover(Bundle.objects.get(pk=bundle.pk))
        return root

    with monkeypatch.context() as patch:
        patch.setattr(services, "_cover", lambda _: None)
        patch.setattr(services, "root_sign", sign_too_early)
        assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is None
    bundle.refresh_from_db()
    assert bundle.state == Bundle.State.PENDING and "while it was packed" in bundle.error
    Bundle.objects.update(next_attempt_at=timezone.now())
    assert run(packed(bundle, tmp_path))[0] == 0


def test_a_video_that_gets_ready_after_the_others_were_covered_is_covered_by_the_next_attempt(
    hill: Cast, tmp_path, monkeypatch
):
    alarm = an_alarm_with_clip(hill, tmp_path)
    Unblur.objects.all().delete()
    bundle = ask(hill, alarm)
    with monkeypatch.context() as patch:
        patch.setattr(services, "_cover", lambda _: None)  # there was no video yet to cover
        assert bundle_make(bundle_id=bundle.pk, mine_id=bundle.mine_id) is None
    bundle.refresh_from_db()
    assert bundle.state == Bundle.State.PENDING and "while it was packed" in bundle.error
    assert bundle.next_attempt_at < timezone.now() + timedelta(minutes=1), "soon again"
    Bundle.objects.update(next_attempt_at=timezone.now())
    assert run(packed(bundle, tmp_path))[0] == 0
