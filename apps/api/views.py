"""The REST API: each view parses, asks the role table, calls a service or selector, answers."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.alarms.selectors import alarms, alarms_open
from apps.alarms.services import alarm_acknowledge
from apps.api import serializers as s
from apps.api.base import ScopedView
from apps.cameras.probing import try_source
from apps.cameras.selectors import camera_tile_data, cameras
from apps.cameras.services import camera_create, camera_update
from apps.evidence.models import Clip, ClipAccess
from apps.evidence.selectors import clips
from apps.evidence.services import clip_access
from apps.evidence.storage import LINK_LIFE_S, download_link
from apps.live.selectors import cursor_now, events_after
from apps.mines.models import Area, Machine, Mine
from apps.mines.selectors import mines
from apps.mines.services import area_create, machine_create, mine_create
from apps.rules.models import Scene
from apps.rules.selectors import scene_document, scene_in_force
from apps.rules.services import scene_publish
from apps.signals.models import Signal
from apps.signals.services import signal_receive

MINE = OpenApiParameter("mine", OpenApiTypes.INT, description="only this mine")


class Rows(ScopedView, ListAPIView):
    """A list in scope; pages by cursor."""


class MineList(Rows):
    """Mines that the caller may see; opening one needs a role in the whole organisation."""

    serializer_class = s.MineSerializer
    queryset = Mine.objects.none()

    def get_queryset(self) -> Any:
        """List mines in scope."""
        return mines().filter(pk__in=self.mines_readable())

    def post(self, request: Request) -> Response:
        """Open a mine."""
        if not self.access.organisations_for(Action.CREATE_MINE):
            self.permission_denied(request)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        mine = mine_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(mine).data, status=status.HTTP_201_CREATED)


class MineDetail(ScopedView):
    """One mine."""

    serializer_class = s.MineSerializer
    queryset = Mine.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return a mine in scope."""
        if pk not in self.mines_readable():
            raise Http404
        return Response(self.get_serializer(mines().get(pk=pk)).data)


class AreaList(Rows):
    """Areas."""

    serializer_class = s.AreaSerializer
    queryset = Area.objects.none()

    @extend_schema(parameters=[MINE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List areas."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List areas in scope."""
        return self.narrow(Area.objects.all())

    def post(self, request: Request) -> Response:
        """Add an area."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["mine"].pk)
        area = area_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(area).data, status=status.HTTP_201_CREATED)


class MachineList(Rows):
    """Machines."""

    serializer_class = s.MachineSerializer
    queryset = Machine.objects.none()

    @extend_schema(parameters=[MINE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List machines."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List machines in scope."""
        return self.narrow(Machine.objects.all())

    def post(self, request: Request) -> Response:
        """Add a machine."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["area"].mine_id)
        machine = machine_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(machine).data, status=status.HTTP_201_CREATED)


class CameraList(Rows):
    """Cameras with their health."""

    serializer_class = s.CameraSerializer
    queryset = Alarm.objects.none()

    @extend_schema(parameters=[MINE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List cameras."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List cameras in scope."""
        return self.narrow(cameras())

    def post(self, request: Request) -> Response:
        """Add a camera."""
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        self.access.require(Action.CONFIGURE, data.validated_data["area"].mine_id)
        camera = camera_create(actor=request.user, **data.validated_data)
        return Response(self.get_serializer(camera).data, status=status.HTTP_201_CREATED)


class CameraDetail(ScopedView):
    """One camera."""

    serializer_class = s.CameraSerializer
    queryset = Alarm.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return a camera in scope."""
        return Response(self.get_serializer(self.find(cameras(), pk=pk)).data)

    def patch(self, request: Request, pk: int) -> Response:
        """Change a camera; an area of another mine is refused."""
        camera = self.find(cameras(), pk=pk)
        self.access.require(Action.CONFIGURE, camera.mine_id)
        data = self.get_serializer(camera, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changes = dict(data.validated_data)
        area = changes.get("area")
        if area is not None and area.mine_id != camera.mine_id:
            raise Http404
        camera = camera_update(camera=camera, actor=request.user, **changes)
        return Response(self.get_serializer(camera).data)


class CameraTest(ScopedView):
    """Tries a stream: a frame, or the reason why not."""

    serializer_class = s.ProbeSerializer

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        """Open a stream for a few seconds at most."""
        if not self.access.mines_for(Action.CONFIGURE):
            self.permission_denied(request)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        camera = None
        if "camera" in given:
            camera = self.find(cameras(), pk=given.pop("camera"))
            self.access.require(Action.CONFIGURE, camera.mine_id)
        return Response(try_source(camera=camera, **given))


class CameraScene(ScopedView):
    """The scene in force; PUT puts a new version in force."""

    serializer_class = s.SceneSerializer
    queryset = Scene.objects.none()

    def get(self, request: Request, pk: int) -> Response:
        """Return the scene in force; version 0 is the empty one before the first."""
        scene = scene_in_force(camera=self.find(cameras(), pk=pk))
        if scene is None:
            return Response({"version": 0, "document": scene_document(None), "reason": ""})
        return Response(self.get_serializer(scene).data)

    def put(self, request: Request, pk: int) -> Response:
        """Check and publish a document; a fault answers 400 with its path."""
        camera = self.find(cameras(), pk=pk)
        self.access.require(Action.CONFIGURE, camera.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        scene = scene_publish(camera=camera, actor=request.user, **data.validated_data)
        return Response(self.get_serializer(scene).data, status=status.HTTP_201_CREATED)


class AlarmList(Rows):
    """Alarms, newest first; `?open=1` lists what is not closed."""

    serializer_class = s.AlarmSerializer
    queryset = Alarm.objects.none()

    @extend_schema(
        parameters=[MINE, OpenApiParameter("open", OpenApiTypes.BOOL)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List alarms."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List alarms in scope."""
        rows = alarms()
        if self.request.query_params.get("open") in ("1", "true"):
            rows = rows.exclude(state=Alarm.State.CLOSED)
        return self.narrow(rows)


class AlarmDetail(ScopedView):
    """One alarm with every step of its life."""

    serializer_class = s.AlarmSerializer
    queryset = Alarm.objects.none()

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """Return an alarm in scope."""
        alarm = self.find(alarms(), pk=pk)
        steps = [
            {
                "from": step.from_state,
                "to": step.to_state,
                "cause": step.cause,
                "at": step.at.isoformat(),
                "actor": step.actor and step.actor.get_username(),
                "note": step.note,
            }
            for step in alarm.transitions.select_related("actor")
        ]
        return Response({**self.get_serializer(alarm).data, "transitions": steps})


class AlarmAcknowledge(ScopedView):
    """The answer to an alarm."""

    serializer_class = s.AcknowledgeSerializer
    queryset = Alarm.objects.none()

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        """Acknowledge; a second answer changes nothing and shows the first."""
        alarm = self.find(alarms(), pk=pk)
        self.access.require(Action.ACKNOWLEDGE, alarm.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        alarm_acknowledge(alarm=alarm, actor=request.user, note=data.validated_data["note"])
        return Response(s.AlarmSerializer(alarms().get(pk=pk)).data)


class ClipList(Rows):
    """Clips, newest first."""

    read = Action.WATCH_CLIP
    serializer_class = s.ClipSerializer
    queryset = Clip.objects.none()

    @extend_schema(parameters=[MINE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List clips."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """List clips in scope."""
        return self.narrow(clips())


class ClipDetail(ScopedView):
    """One clip."""

    read = Action.WATCH_CLIP
    serializer_class = s.ClipSerializer
    queryset = Clip.objects.none()

    def get(self, request: Request, uid: str) -> Response:
        """Return a clip in scope."""
        return Response(self.get_serializer(self.find(clips(), uid=uid)).data)


class ClipDownload(ScopedView):
    """A signed link to a clip; asking for it is logged."""

    read = Action.WATCH_CLIP
    serializer_class = s.LinkSerializer
    queryset = Clip.objects.none()
    throttle_scope = "downloads"

    def get(self, request: Request, uid: str) -> Response:
        """Log the download and return a link that works for five minutes."""
        clip = self.find(clips(), uid=uid, state=Clip.State.READY)
        clip_access(
            clip=clip,
            user=request.user,
            kind=ClipAccess.Kind.DOWNLOAD,
            address=request.META.get("REMOTE_ADDR") or None,
        )
        link = download_link(clip.key, filename=f"davy-{clip.uid}.mp4")
        return Response({"url": link, "expires_in_s": LINK_LIFE_S, "sha256": clip.sha256})


class SignalList(ScopedView):
    """Where machines say whether they run."""

    serializer_class = s.SignalSerializer
    queryset = Signal.objects.none()
    throttle_scope = "signals"

    def post(self, request: Request) -> Response:
        """Keep one report; the same report sent twice is one."""
        if not self.access.mines_for(Action.SEND_SIGNAL):
            self.permission_denied(request)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        self.access.require(Action.SEND_SIGNAL, given["mine"].pk)
        signal = signal_receive(
            machine=given["machine"],
            state=given["state"],
            at=given.get("at"),
            sender=request.user,
        )
        return Response(self.get_serializer(signal).data, status=status.HTTP_201_CREATED)


class EventList(ScopedView):
    """Events after a cursor: what the socket sends, for whoever cannot hold a socket open."""

    serializer_class = s.EventSerializer

    @extend_schema(
        parameters=[OpenApiParameter("cursor", OpenApiTypes.INT)],
        responses=s.EventSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return up to 500 events; without a cursor only the newest cursor."""
        raw = request.query_params.get("cursor", "")
        if not (raw.isdigit() and len(raw) < 19):
            return Response({"cursor": cursor_now(), "events": []})
        events = events_after(cursor=int(raw))
        return Response({"cursor": events[-1]["id"] if events else int(raw), "events": events})


class Desk(ScopedView):
    """The snapshot that a live page starts from; events after its cursor complete it."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Return the cursor, what is open, and every camera, read in one transaction."""
        cursor = cursor_now()
        may_acknowledge = set(self.access.mines_for(Action.ACKNOWLEDGE))
        return Response(
            {
                "cursor": cursor,
                "alarms": s.AlarmSerializer(self.narrow(alarms_open())[:500], many=True).data,
                "cameras": [camera_tile_data(camera) for camera in self.narrow(cameras())],
                "may_acknowledge": sorted(may_acknowledge),
            }
        )
