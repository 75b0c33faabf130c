"""The OpenAPI schema where drf-spectacular cannot read it off a view."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

__all__ = ["ErrorsSerializer", "Schema", "whole"]


class ErrorSerializer(serializers.Serializer[Any]):
    """What is wrong; `field` where it is about one, joined by dots."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(required=False)


class ErrorsSerializer(serializers.Serializer[Any]):
    """The one shape of every refusal."""

    errors = ErrorSerializer(many=True)


class Schema(AutoSchema):
    """One operation: what it refuses, and that only a GET has pages."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        refused = self._get_response_for_code(ErrorsSerializer, "4XX", direction=direction)
        return {**super()._get_response_bodies(direction), "4XX": refused}

    def get_override_parameters(self) -> Any:
        """Tell what the view itself says it is asked with."""
        own = getattr(self.view, "asks", ()) if self.method == "GET" else ()
        return [*super().get_override_parameters(), *own]

    def _get_paginator(self) -> Any:
        return super()._get_paginator() if self.method == "GET" else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.method != "DELETE":
            return super()._get_request_body(direction)
        taken: Any = self.get_request_serializer()  # the library leaves it out
        if taken is None:
            return None
        body, required = self._get_request_for_media_type(taken, direction)
        return {"content": {"application/json": {"schema": body}}, "required": required}


def whole(name: str, rows: serializers.BaseSerializer[Any]) -> serializers.Serializer[Any]:
    """Describe a list that comes whole, without pages: {"results": [...]}."""
    return inline_serializer(name, {"results": rows})
