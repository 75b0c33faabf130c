"""Cameras, their test and their scenes."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Action
from apps.alarms.models import Alarm
from apps.api import serializers as s
from apps.api.base import MINE, Rows, ScopedView
from apps.api.schema import whole
from apps.api.serializers import shown
from apps.cameras.discovery import camera_streams, cameras_found
from apps.cameras.probing import try_source
from apps.cameras.selectors import cameras
from apps.cameras.services import camera_create, camera_update
from apps.rules.models import Scene
from apps.rules.selectors import scene_document, scene_in_force, template_data
from apps.rules.services import scene_publish
from apps.rules.sight import sight_of
from workers.templates import fill, templates

__all__ = [
    "CameraDetail",
    "CameraDiscover",
    "CameraList",
    "CameraScene",
    "CameraStreams",
    "CameraSight",
    "CameraTemplate",
    "CameraTest",
    "TemplateList",
]


class CameraList(Rows):
    """Cameras with their health."""

    serializer_class = s.CameraSerializer
    queryset = Alarm.objects.none()
    asks = (MINE,)

    def get_queryset(self) -> Any:
        """List cameras in scope."""
        return self.narrow(cameras())

    @extend_schema(responses={201: s.CameraSerializer})
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

    @extend_schema(responses=shown.ProbedSerializer)
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


class CameraDiscover(ScopedView):
    """Asks the local network for cameras that speak ONVIF."""

    serializer_class = s.ProbeSerializer

    @extend_schema(
        request=None, responses=whole("FoundDevices", shown.FoundDeviceSerializer(many=True))
    )
    def post(self, request: Request) -> Response:
        """List who answers within three seconds."""
        mine_ids = self.access.mines_for(Action.CONFIGURE)
        if not mine_ids:
            self.permission_denied(request)
        return Response({"results": cameras_found(mine_ids=mine_ids)})


class CameraStreams(ScopedView):
    """Asks one camera for its streams, by ONVIF."""

    serializer_class = s.OnvifSerializer

    @extend_schema(responses=whole("Streams", shown.ProfileSerializer(many=True)))
    def post(self, request: Request) -> Response:
        """List the streams, the largest first; their addresses hold no password."""
        if not self.access.mines_for(Action.CONFIGURE):
            self.permission_denied(request)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        return Response({"results": camera_streams(**data.validated_data)})


class CameraScene(ScopedView):
    """The scene in force; PUT puts a new version in force."""

    serializer_class = s.SceneSerializer
    queryset = Scene.objects.none()
    asks = (OpenApiParameter("version", OpenApiTypes.INT),)

    def get(self, request: Request, pk: int) -> Response:
        """Return the scene in force, or ?version=; version 0 is the empty one before the first."""
        camera, wanted = self.find(cameras(), pk=pk), request.query_params.get("version")
        if wanted is not None:
            old = Scene.objects.filter(camera=camera, version=wanted).first()
            if old is None:
                raise Http404
            return Response(self.get_serializer(old).data)
        scene = scene_in_force(camera=camera)
        if scene is None:
            scene = Scene(version=0, document=scene_document(None), created_at=None)
        return Response(self.get_serializer(scene).data)

    @extend_schema(responses={201: s.SceneSerializer})
    def put(self, request: Request, pk: int) -> Response:
        """Check and publish a document; a fault answers 400 with its path."""
        camera = self.find(cameras(), pk=pk)
        self.access.require(Action.CONFIGURE, camera.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        scene = scene_publish(camera=camera, actor=request.user, **data.validated_data)
        return Response(self.get_serializer(scene).data, status=status.HTTP_201_CREATED)


class CameraSight(ScopedView):
    """What the camera's analysis sees now, for whoever draws its zones."""

    queryset = Scene.objects.none()

    @extend_schema(responses=shown.SightSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the people seen, and the rules in force that are open."""
        return Response(sight_of(camera=self.find(cameras(), pk=pk)))


class TemplateList(ScopedView):
    """The templates of scenes and procedures, with what each asks."""

    @extend_schema(responses=list[dict[str, Any]])
    def get(self, request: Request) -> Response:
        """List templates."""
        return Response(template_data())


class CameraTemplate(ScopedView):
    """Puts a template into a scene document and returns it; PUT of the scene saves it."""

    serializer_class = s.TemplateSerializer
    queryset = Scene.objects.none()

    @extend_schema(responses=shown.DocumentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Return the document with the template's parts under names that are free there."""
        camera = self.find(cameras(), pk=pk)
        self.access.require(Action.CONFIGURE, camera.mine_id)
        data = self.get_serializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        document = given.get("document") or scene_document(scene_in_force(camera=camera))
        filled = fill(
            templates()[given["template"]],
            document,
            answers=given.get("answers"),
            names=given.get("names"),
            say=gettext,
        )
        return Response({"document": filled})
