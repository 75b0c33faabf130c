"""Mines and what stands in them: areas, machines, cameras, scenes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.alarms.procedures import procedures_of
from apps.api.serializers.choices import AreaChoice, MineChoice, OrganisationChoice
from apps.api.serializers.strict import Strict
from apps.cameras.models import Camera
from apps.cameras.selectors import camera_health
from apps.mines.models import Area, Machine, Mine
from apps.rules.models import Scene
from workers.templates import templates

__all__ = [
    "AreaSerializer",
    "CameraSerializer",
    "OnvifSerializer",
    "MachineSerializer",
    "MineSerializer",
    "ProbeSerializer",
    "SceneSerializer",
    "TemplateSerializer",
]


class MineSerializer(Strict, serializers.ModelSerializer[Mine]):
    """A mine."""

    organisation = OrganisationChoice()

    class Meta:
        model = Mine
        fields = ["id", "organisation", "name", "timezone", "pack"]
        read_only_fields = ["pack"]
        validators: list[Any] = []


class AreaSerializer(Strict, serializers.ModelSerializer[Area]):
    """A place in a mine."""

    mine = MineChoice()

    class Meta:
        model = Area
        fields = ["id", "mine", "name"]
        validators: list[Any] = []


class MachineSerializer(Strict, serializers.ModelSerializer[Machine]):
    """A machine that reports its state."""

    area = AreaChoice()

    class Meta:
        model = Machine
        fields = ["id", "mine", "area", "key", "name", "kind"]
        read_only_fields = ["mine"]
        validators: list[Any] = []


class CameraSerializer(Strict, serializers.ModelSerializer[Camera]):
    """A camera; its password is taken and never given."""

    area = AreaChoice()
    password = serializers.CharField(write_only=True, required=False, allow_blank=True)
    health = serializers.SerializerMethodField()
    procedures = serializers.SerializerMethodField()

    class Meta:
        model = Camera
        fields = [
            "id", "mine", "area", "name", "main_url", "sub_url", "username", "password",
            "enabled", "chunk_s", "keeps", "health", "procedures",
        ]  # fmt: skip
        read_only_fields = ["mine"]
        validators: list[Any] = []

    def get_health(self, camera: Camera) -> dict[str, Any]:
        """Return what the recorder and the analysis say of the camera."""
        return camera_health(camera)

    def get_procedures(self, camera: Camera) -> list[dict[str, Any]]:
        """Return the procedures that go on under the camera, step by step in words."""
        return procedures_of(camera)


class OnvifSerializer(Strict):
    """A device that speaks ONVIF, and how to get in."""

    address = serializers.CharField(max_length=300)
    username = serializers.CharField(max_length=100, required=False, allow_blank=True)
    password = serializers.CharField(
        max_length=200, required=False, allow_blank=True, write_only=True, trim_whitespace=False
    )


class ProbeSerializer(Strict):
    """A stream to try; `camera` lends its stored password when none is given."""

    url = serializers.CharField(max_length=500)
    username = serializers.CharField(required=False, allow_blank=True, default="")
    password = serializers.CharField(required=False, allow_blank=True, default="")
    camera = serializers.IntegerField(required=False)


class SceneSerializer(Strict, serializers.ModelSerializer[Scene]):
    """One version of a camera's scene."""

    disarm = serializers.BooleanField(
        write_only=True, default=False, help_text="yes, life-critical rules may stop protecting"
    )
    base = serializers.IntegerField(
        write_only=True,
        required=False,
        min_value=0,
        help_text="the version that the draft began with; 409 when another is in force by now",
    )
    author_name = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="null: version 0, the empty one before the first"
    )

    @extend_schema_field(str)
    def get_author_name(self, scene: Scene) -> str:
        """Return who saved it, by user name."""
        return scene.author.get_username() if scene.author else ""

    class Meta:
        model = Scene
        fields = [
            "version", "document", "reason", "disarm", "base", "author", "author_name",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["version", "author"]


class TemplateSerializer(Strict):
    """A template to put into a scene; nothing is saved."""

    template = serializers.ChoiceField(choices=sorted(templates()))
    document = serializers.DictField(
        required=False, help_text="the scene that it is put into; the one in force if absent"
    )
    answers = serializers.DictField(required=False, help_text="by the key of what is asked")
    names = serializers.DictField(
        child=serializers.CharField(max_length=100),
        required=False,
        help_text="by the template's own id, such as @stand: a thing that is there, or a new name",
    )
