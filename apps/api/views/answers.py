"""What people do about alarms, and which rules ask nobody for a while."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.alarms import answers
from apps.alarms.desks import desk_of
from apps.alarms.life import Silenced
from apps.alarms.models import Alarm, Silence
from apps.alarms.selectors import alarms, silence_data, silences
from apps.alarms.silences import silence_agree, silence_ask, silence_end
from apps.alarms.words import WORSE
from apps.api import serializers as s
from apps.api.base import MINE, ScopedView
from apps.api.schema import whole

__all__ = [
    "Acknowledge",
    "Assign",
    "Call",
    "CallFalse",
    "Reset",
    "Shelve",
    "SilenceAgree",
    "SilenceEnd",
    "SilenceList",
    "TakeOut",
]


class _Verb(ScopedView):
    """Something that a person does about an alarm; the alarm as it is then is the answer."""

    queryset = Alarm.objects.none()
    throttle_scope = "answers"
    action = Action.ACKNOWLEDGE

    def _asked(self, pk: int) -> tuple[Alarm, dict[str, Any]]:
        """Return the alarm in scope and what was sent, once the role allows it."""
        alarm = self.find(alarms(), pk=pk)
        self.access.require(self.action, alarm.mine_id)
        data = self.get_serializer(data=self.request.data)
        data.is_valid(raise_exception=True)
        return alarm, data.validated_data

    def _by(self) -> dict[str, Any]:
        """Return who acts, and from where."""
        return {"actor": self.request.user, "desk": desk_of(self.request._request)}

    def _now(self, pk: int) -> Response:
        return Response(s.AlarmSerializer(alarms().get(pk=pk)).data)

    def _answered(self, alarm: Alarm, mark: str) -> Response:
        """Show what was answered; 409 where the alarm is more than what was shown."""
        if answers.became_worse(alarm, mark):
            worse = {"code": "conflict", "message": str(WORSE), "field": "mark"}
            refused = Response({"errors": [worse]}, status=status.HTTP_409_CONFLICT)
            refused.keeps = True  # type: ignore[attr-defined]  # what was said, as a note
            return refused
        return self._now(alarm.pk)


class Acknowledge(_Verb):
    """The answer to an alarm."""

    serializer_class = s.AcknowledgeSerializer

    @extend_schema(responses=s.AlarmSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Acknowledge; of a second answer only the note is kept, as a step, and the first shown.

        409 where the alarm is more than the mark that was sent: only the note is kept.
        """
        alarm, given = self._asked(pk)
        return self._answered(
            answers.alarm_acknowledge(alarm=alarm, **given, **self._by()), given["mark"]
        )


class Reset(_Verb):
    """The end of a latched alarm."""

    serializer_class = s.ResetSerializer

    @extend_schema(responses=s.AlarmSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Reset with what was found, a step more if it was; 400 while watched or not answered."""
        alarm, given = self._asked(pk)
        answers.alarm_reset(alarm=alarm, finding=given["finding"], **self._by())
        return self._now(pk)


class CallFalse(_Verb):
    """An alarm that was none."""

    serializer_class = s.FalseSerializer

    @extend_schema(responses=s.AlarmSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Call it false, with the reason; that answers it too.

        409 where the alarm is more than the mark that was sent: the reason is kept as a note.
        """
        alarm, given = self._asked(pk)
        return self._answered(
            answers.alarm_call_false(alarm=alarm, **given, **self._by()), given["mark"]
        )


class Call(_Verb):
    """A call that was made about an alarm."""

    serializer_class = s.CallSerializer

    @extend_schema(responses=s.AlarmSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Note whom somebody called, and what was said."""
        alarm, given = self._asked(pk)
        answers.alarm_call(alarm=alarm, whom=given["whom"], said=given["said"], **self._by())
        return self._now(pk)


class Assign(_Verb):
    """Who sees to an alarm."""

    serializer_class = s.AssignSerializer

    @extend_schema(responses=s.AlarmSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Assign it to somebody of its mine."""
        alarm, given = self._asked(pk)
        to = User.objects.filter(pk=given["to"]).first() or User()
        answers.alarm_assign(alarm=alarm, to=to, **self._by())
        return self._now(pk)


class Shelve(_Verb):
    """Silence for an alarm's rule, for at most eight hours."""

    serializer_class = s.SilenceAskSerializer
    kind = Silenced.SHELVED

    @extend_schema(responses={201: s.SilenceSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Silence the rule on its camera; a critical one waits until a second person agrees."""
        alarm, given = self._asked(pk)
        silence = silence_ask(
            camera=alarm.camera,
            rule=alarm.rule,
            rule_type=alarm.rule_type,
            kind=self.kind.value,
            length=timedelta(minutes=min(given["minutes"], 10**6)),
            reason=given["reason"],
            **self._by(),
        )
        return Response(silence_data(silence), status=status.HTTP_201_CREATED)


class TakeOut(Shelve):
    """Silence for maintenance, by whoever sets the mine up."""

    kind = Silenced.OUT_OF_SERVICE
    action = Action.CONFIGURE


class SilenceList(ScopedView):
    """Every rule that asks nobody now, and those that wait for a second person."""

    serializer_class = s.SilenceSerializer
    queryset = Silence.objects.none()
    asks = (MINE,)

    @extend_schema(responses=whole("Silences", s.SilenceSerializer(many=True)))
    def get(self, request: Request) -> Response:
        """List them all: there are few, and none may be hidden on a second page."""
        return Response({"results": [silence_data(row) for row in self.narrow(silences())]})


class _SilenceVerb(ScopedView):
    serializer_class = s.SilenceSerializer
    queryset = Silence.objects.none()
    throttle_scope = "answers"

    def _do(self, pk: int, verb: Any) -> Response:
        silence = self.find(Silence.objects.select_related("mine", "camera__area"), pk=pk)
        out = silence.kind == Silenced.OUT_OF_SERVICE
        self.access.require(Action.CONFIGURE if out else Action.ACKNOWLEDGE, silence.mine_id)
        desk = desk_of(self.request._request)
        return Response(silence_data(verb(silence=silence, actor=self.request.user, desk=desk)))


class SilenceAgree(_SilenceVerb):
    """The second person's word."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Agree; 400 for the person who asked."""
        return self._do(pk, silence_agree)


class SilenceEnd(_SilenceVerb):
    """An early end."""

    @extend_schema(request=None)
    def post(self, request: Request, pk: int) -> Response:
        """End it, or refuse what waits; ended stays ended."""
        return self._do(pk, silence_end)
