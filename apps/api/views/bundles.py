"""Bundles of evidence and the links to them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.api.base import MINE, Rows, ScopedView
from apps.api.serializers import LinkSerializer
from apps.api.serializers.strict import Strict
from apps.bundles.models import Bundle
from apps.bundles.selectors import bundles
from apps.bundles.services import MOST_ALARMS, MOST_CLIPS, bundle_access, bundle_ask
from apps.evidence.selectors import clips
from apps.evidence.storage import LINK_LIFE_S, download_link

__all__ = ["BundleDetail", "BundleDownload", "BundleList"]


class BundleSerializer(serializers.ModelSerializer[Bundle]):
    """A bundle; the file itself comes by a signed link."""

    id = serializers.UUIDField(source="uid", read_only=True)
    asked_by = serializers.CharField(source="asked_by.username", read_only=True)

    class Meta:
        model = Bundle
        fields = [
            "id", "mine", "alarms", "clips", "purpose", "asked_by", "asked_at", "state",
            "done_bytes", "total_bytes", "bytes", "sha256", "ready_at", "error",
        ]  # fmt: skip


class AskSerializer(Strict):
    """Which alarms of one mine, which videos by themselves, and what for."""

    alarms = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=MOST_ALARMS, default=list
    )
    clips = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_CLIPS, default=list
    )
    purpose = serializers.CharField(max_length=300)


class BundleList(Rows):
    """Bundles, newest first; a post asks for one."""

    read = Action.EXPORT
    serializer_class = BundleSerializer
    queryset = Bundle.objects.none()
    asks = (MINE,)

    @extend_schema(request=AskSerializer, responses={201: BundleSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a bundle; ask for it again to see how far it is."""
        if not self.access.mines_for(Action.EXPORT):
            self.access.require(Action.EXPORT, 0)
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        numbers, videos = asked.validated_data["alarms"], asked.validated_data["clips"]
        if not numbers and not videos:
            raise serializers.ValidationError({"alarms": _("Choose at least one alarm.")})
        rows: Any = Alarm.objects.filter(pk__in=numbers).select_related("mine").order_by("pk")
        first = self.find(rows if numbers else clips().filter(uid__in=videos))
        bundle = bundle_ask(
            mine=first.mine,
            alarms=numbers,
            clips=videos,
            purpose=asked.validated_data["purpose"],
            actor=request.user,
        )
        return Response(BundleSerializer(bundle).data, status=201)

    def get_queryset(self) -> Any:
        """List bundles in scope."""
        return self.narrow(bundles())


class BundleDetail(ScopedView):
    """One bundle."""

    read = Action.EXPORT
    serializer_class = BundleSerializer
    queryset = Bundle.objects.none()

    def get(self, request: Request, uid: str) -> Response:
        """Return a bundle in scope."""
        return Response(self.get_serializer(self.find(bundles(), uid=uid)).data)


class BundleDownload(ScopedView):
    """A signed link to a bundle; asking for it is logged."""

    read = Action.EXPORT
    serializer_class = LinkSerializer
    queryset = Bundle.objects.none()
    throttle_scope = "downloads"

    def get(self, request: Request, uid: str) -> Response:
        """Log the download and return a link that works for five minutes."""
        bundle = self.find(bundles(), uid=uid, state=Bundle.State.READY)
        if self.access.watched_in(bundle.mine_id):
            # Through Davy, which notes it and looks at the right while it flows.
            link = request.build_absolute_uri(reverse("bundle-download", args=[bundle.uid]))
        else:
            address = request.META.get("REMOTE_ADDR") or None
            bundle_access(bundle=bundle, user=request.user, address=address)
            link = download_link(bundle.key, filename=f"davy-{bundle.uid}.zip")
        return Response({"url": link, "expires_in_s": LINK_LIFE_S, "sha256": bundle.sha256})
