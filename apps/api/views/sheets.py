"""The time line of an alarm as PDF: asked for, and the link to it."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms
from apps.api.base import ScopedView
from apps.api.serializers import LinkSerializer
from apps.api.serializers.strict import Strict
from apps.bundles.models import Sheet
from apps.bundles.paper import LANGUAGES
from apps.bundles.selectors import sheets
from apps.bundles.sheets import file_name, sheet_access, sheet_ask
from apps.evidence.storage import LINK_LIFE_S, download_link

__all__ = ["SheetAsk", "SheetDetail", "SheetDownload"]


class SheetSerializer(serializers.ModelSerializer[Sheet]):
    """A time line on paper; the file itself comes by a signed link."""

    id = serializers.UUIDField(source="uid", read_only=True)
    asked_by = serializers.CharField(source="asked_by.username", read_only=True)

    class Meta:
        model = Sheet
        fields = [
            "id", "mine", "alarm", "language", "asked_by", "asked_at", "state", "bytes", "sha256",
            "made_at", "error",
        ]  # fmt: skip


class LanguageSerializer(Strict):
    """In which language."""

    language = serializers.ChoiceField(choices=sorted(LANGUAGES), default="en")


class SheetAsk(ScopedView):
    """Asks for an alarm's time line."""

    read = Action.EXPORT
    serializer_class = SheetSerializer
    queryset = Alarm.objects.none()

    @extend_schema(request=LanguageSerializer, responses={201: SheetSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask for it; while the same person's is being made, that one is meant."""
        alarm = self.find(alarms(), pk=pk)
        asked = LanguageSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        language = asked.validated_data["language"]
        sheet = sheet_ask(alarm=alarm, language=language, actor=request.user)
        return Response(SheetSerializer(sheet).data, status=201)


class SheetDetail(ScopedView):
    """One time line."""

    read = Action.EXPORT
    serializer_class = SheetSerializer
    queryset = Sheet.objects.none()

    def get(self, request: Request, uid: str) -> Response:
        """Return how far it is."""
        return Response(self.get_serializer(self.find(sheets(), uid=uid)).data)


class SheetDownload(ScopedView):
    """A signed link to a time line; asking for it is logged."""

    read = Action.EXPORT
    serializer_class = LinkSerializer
    queryset = Sheet.objects.none()
    throttle_scope = "downloads"

    def get(self, request: Request, uid: str) -> Response:
        """Log the download and return a link that works for five minutes."""
        sheet = self.find(sheets(), uid=uid, state=Sheet.State.READY)
        if self.access.watched_in(sheet.mine_id):
            # Through Davy, which notes it and looks at the right while it flows.
            link = request.build_absolute_uri(reverse("sheet-download", args=[sheet.uid]))
        else:
            address = request.META.get("REMOTE_ADDR") or None
            sheet_access(sheet=sheet, user=request.user, address=address)
            link = download_link(sheet.key, filename=file_name(sheet))
        return Response({"url": link, "expires_in_s": LINK_LIFE_S, "sha256": sheet.sha256})
