"""Writes of routes and devices. Secrets and addresses are kept encrypted and are in no log."""

import hashlib
import uuid
from datetime import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.selectors import people_of
from apps.alarms.escalation import MOST_RUNGS
from apps.alarms.models import Severity
from apps.audit.services import record
from apps.cameras.secrets import held, lock
from apps.live.services import emit, take_turn
from apps.mines.models import Area, Mine
from apps.notify import webpush
from apps.notify.channels import TRAITS, send
from apps.notify.channels.webhook import make_secret, secret_bytes
from apps.notify.delivery import parcel_of
from apps.notify.guard import Refused, resolve
from apps.notify.models import Attempt, Channel, Delivery, Kind, Picture, Route, Subscription
from apps.notify.readdress import readdress, targets_now
from apps.notify.routing import ring
from apps.notify.targets import addresses, devices_at, targets_of
from apps.outside import outside
from apps.sentences import kept
from workers.words import sentence

__all__ = [
    "device_add",
    "device_remove",
    "route_create",
    "route_remove",
    "route_secret_anew",
    "route_test",
    "route_update",
]

MOST_ROUTES = 50
MOST_ADDRESSES = 20
MOST_DEVICES = 20
MOST_TESTED = 5
PLAIN = ("name", "enabled", "cleared", "language", "picture", "since", "until")
LISTS = ("severities", "areas", "steps", "people")
OVER_HTTP = (Channel.WEBHOOK, Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)


@transaction.atomic
def route_create(*, mine: Mine, channel: str, actor: User | None = None, **data: Any) -> tuple[
    Route, str
]:  # fmt: skip
    """Add a route; returns it and a webhook's secret where one was made, which is never seen again.

    Raises ValidationError beside the fields that are at fault.
    """
    take_turn(mine_id=mine.pk)
    if Route.objects.filter(mine=mine, removed_at=None).count() >= MOST_ROUTES:
        raise ValidationError(_("At most %(most)s routes in a mine.") % {"most": MOST_ROUTES})
    if channel not in Channel.values:
        raise ValidationError({"channel": _("There is no such channel.")})
    made = ""
    if channel == Channel.WEBHOOK and not data.get("secret"):
        made = data["secret"] = make_secret()
    route = Route(mine=mine, channel=channel)
    data = {"severities": ["critical", "high"], "steps": [0], "address": "", **data}
    _set(route, data)
    route.save()
    _written(route, "created", actor, {"channel": channel, **_settings(route)})
    return route, made


@transaction.atomic
def route_update(*, route: Route, actor: User | None = None, **data: Any) -> Route:
    """Change a route; an empty address or secret leaves the old one. Its channel stays.

    What waits for an address, or a person, that it has no more goes to those that it has now.
    The record tells what differs from before; of address and secret only that they differ.
    """
    take_turn(mine_id=route.mine_id)
    route = Route.objects.select_for_update(of=("self",), no_key=True).get(pk=route.pk)
    targets, before, sealed = targets_now(route), _settings(route), _sealed(route)
    _set(route, data)
    fields = [*PLAIN, *LISTS, "address_box", "secret_box"]
    route.save(update_fields=fields)
    readdress(route=route, before=targets, now=timezone.now())
    ring([route.pk], route.mine_id)
    after, now_sealed = _settings(route), _sealed(route)
    changed = [name for name in after if after[name] != before[name]]
    hidden = [name for name in now_sealed if now_sealed[name] != sealed[name]]
    if changed or hidden:
        detail = {
            "fields": sorted(changed + hidden),
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
        }
        _written(route, "changed", actor, detail)
    return route


@transaction.atomic
def route_secret_anew(*, route: Route, actor: User) -> str:
    """Make a webhook's secret anew, as when somebody may know the old one; it is never seen again.

    From now on everything is signed with it, and what waits, too. ValidationError for a channel
    whose secret is not ours to make.
    """
    take_turn(mine_id=route.mine_id)
    if route.channel != Channel.WEBHOOK:
        raise ValidationError(_("This channel has no secret that could be made here."))
    made = make_secret()
    Route.objects.filter(pk=route.pk).update(secret_box=lock(made))
    _written(route, "changed", actor, {"fields": ["secret"]})
    return made


def _settings(route: Route) -> dict[str, Any]:
    """Return what a route says of when it calls whom, as the record keeps it."""
    values = {name: getattr(route, name) for name in (*PLAIN, *LISTS)}
    return {
        name: f"{value:%H:%M}" if isinstance(value, time) else value
        for name, value in values.items()
    }


def _sealed(route: Route) -> dict[str, str]:
    """Return what no record holds, in the clear: to be compared only."""
    return {"address": held(route.address_box), "secret": held(route.secret_box)}


@transaction.atomic
def route_remove(*, route: Route, actor: User) -> None:
    """Remove a route; what waits on it is not sent any more, what it sent stays in the log."""
    take_turn(mine_id=route.mine_id)
    now = timezone.now()
    if not Route.objects.filter(pk=route.pk, removed_at=None).update(
        removed_at=now, enabled=False, address_box="", secret_box=""
    ):
        return
    Delivery.objects.filter(route=route, state=Delivery.State.WAITING).update(
        state=Delivery.State.DROPPED, ended_at=now, said=sentence("The route was switched off.")
    )
    _written(route, "removed", actor, {"name": route.name})


def _written(route: Route, what: str, actor: User | None, detail: dict[str, Any]) -> None:
    mine_id = route.mine_id
    record(
        action=f"notify.route_{what}", subject=route, mine_id=mine_id, actor=actor, detail=detail
    )
    emit(mine_id=mine_id, kind=f"notify.route_{what}", payload={"route": route.pk})


def _set(route: Route, data: dict[str, Any]) -> None:
    faults: dict[str, str] = {}
    for name in (*PLAIN, *LISTS):
        if name in data:
            setattr(route, name, data[name])
    route.name = (route.name or "").strip()
    if not 0 < len(route.name) <= 60:
        faults["name"] = _("Give it a name of at most 60 characters.")
    elif Route.objects.filter(mine=route.mine_id, name=route.name, removed_at=None).exclude(
        pk=route.pk
    ):
        faults["name"] = _("This mine has a route of that name already.")
    _check_lists(route, faults)
    if route.language not in dict(settings.LANGUAGES):
        faults["language"] = _("There is no such language.")
    if route.picture not in Picture.values:
        faults["picture"] = _("Choose one of the list.")
    if (route.since is None) != (route.until is None):
        missing = "since" if route.since is None else "until"
        faults[missing] = _("Give both times, or neither for the whole day.")
    elif isinstance(route.since, time) and route.since == route.until:
        faults["until"] = _("That is no time at all; leave both empty for the whole day.")
    _set_address(route, (data.get("address") or "").strip(), faults)
    _set_secret(route, (data.get("secret") or "").strip(), faults)
    if faults:
        raise ValidationError(faults)


def _check_lists(route: Route, faults: dict[str, str]) -> None:
    route.severities = [code for code in Severity.values if code in route.severities]
    if not route.severities:
        faults["severities"] = _("Choose at least one.")
    route.steps = sorted({int(step) for step in route.steps})
    if not route.steps or not set(route.steps) <= set(range(MOST_RUNGS + 1)):
        faults["steps"] = _("Choose at least one step of the ladder, or “at once”.")
    route.areas = sorted({int(area) for area in route.areas})
    known = Area.objects.filter(mine=route.mine_id, pk__in=route.areas).count()
    if known != len(route.areas):
        faults["areas"] = _("This mine has no such place.")
    route.people = sorted({int(person) for person in route.people})
    if route.people:
        there = {person["id"] for person in people_of(mine_id=route.mine_id)}
        if not set(route.people) <= there:
            faults["people"] = _("Somebody here has no role in this mine.")


def _set_address(route: Route, address: str, faults: dict[str, str]) -> None:
    if route.channel == Channel.PUSH:
        if not settings.PUSH:
            faults["channel"] = _("Browser push is off on this server (DAVY_PUSH).")
        return
    if not address:
        if not route.address_box:
            faults["address"] = _("Say where to send it.")
        return
    if route.channel == Channel.EMAIL:
        fault = _mail_fault(addresses(address))
    else:
        fault = _url_fault(address)
    if fault:
        faults["address"] = fault
        return
    if route.channel == Channel.EMAIL:
        address = "\n".join(addresses(address))
    route.address_box = lock(address)


def _mail_fault(given: list[str]) -> str:
    if len(given) > MOST_ADDRESSES:
        return _("At most %(most)s addresses.") % {"most": MOST_ADDRESSES}
    for one in given:
        try:
            validate_email(one)
        except ValidationError:
            return _("“%(address)s” is no e-mail address.") % {"address": one}
    return ""


def _url_fault(url: str) -> str:
    if len(url) > 1000:
        return _("At most %(most)s characters.") % {"most": 1000}
    try:
        resolve(url)
    except Refused as error:
        return kept(str(error))
    except OSError:
        return _("Nobody knows a machine of this name.")
    return ""


def _set_secret(route: Route, secret: str, faults: dict[str, str]) -> None:
    if not secret:
        return
    if route.channel not in OVER_HTTP or route.channel == Channel.WECOM:
        faults["secret"] = _("This channel has no secret.")
        return
    if route.channel == Channel.WEBHOOK:
        try:
            secret_bytes(secret)
        except ValueError:
            faults["secret"] = _("Give whsec_ and 24 to 64 bytes in base64, or leave it empty.")
            return
    elif len(secret) > 200:
        faults["secret"] = _("At most %(most)s characters.") % {"most": 200}
        return
    route.secret_box = lock(secret)


def route_test(*, route: Route, actor: User) -> list[Delivery]:
    """Send a test along a route now, to at most five targets, and log what came of it.

    Sends before it writes, so nothing is locked while the receiver is waited for. Raises
    ValidationError where there is nobody to send to, or enough others try something out.
    """
    now = timezone.now()
    targets = targets_of(route, devices_at(route.mine_id))[:MOST_TESTED]
    if not targets:
        raise ValidationError(_("Nobody has switched on notifications in a browser yet."))
    facts = {
        "mine": route.mine_id,
        "mine_name": route.mine.name,
        "timezone": route.mine.timezone,
        "route": route.name,
        "actor": actor.get_username(),
        "at": now.isoformat(),
        "severity": Severity.LOW.value,
    }
    tested = []
    with outside():
        for target in targets:
            delivery = Delivery(
                uid=uuid.uuid4(), mine_id=route.mine_id, route=route, kind=Kind.TEST, target=target,
                severity=Severity.LOW, facts=facts, next_at=now, created_at=now, attempts=1,
                give_up_at=now + TRAITS[route.channel].give_up,
            )  # fmt: skip
            delivery.occasion = f"test:{delivery.uid}"
            began = timezone.now()
            parcel, because = parcel_of(route, delivery, now)
            outcome = send(route.channel, parcel) if parcel is not None else None
            ok, said = (outcome.ok, outcome.said) if outcome else (False, because)
            if outcome is not None and outcome.gone:
                Subscription.objects.filter(pk=int(target)).delete()
            delivery.state = Delivery.State.SENT if ok else Delivery.State.FAILED
            delivery.said, delivery.ended_at = said[:300], timezone.now()
            tested.append((delivery, began))
    with transaction.atomic():
        for delivery, began in tested:
            delivery.save()
            took_s = (delivery.ended_at - began).total_seconds()
            Attempt.objects.create(
                mine_id=route.mine_id, delivery=delivery, number=1, at=began,
                took_s=round(took_s, 3), ok=delivery.state == Delivery.State.SENT,
                said=delivery.said,
            )  # fmt: skip
        told = {"outcomes": [delivery.said for delivery, _began in tested]}
        record(
            action="notify.route_tested", subject=route, mine_id=route.mine_id, actor=actor,
            detail=told,
        )  # fmt: skip
    return [delivery for delivery, _began in tested]


@transaction.atomic
def device_add(
    *, mine: Mine, user: User, endpoint: str, key: str, auth: str, device: str
) -> Subscription:
    """Let one browser of a person take push messages of a mine; the same browser twice is one.

    Raises ValidationError where push is off, or what the browser gave is not usable.
    """
    if not settings.PUSH:
        raise ValidationError(_("Browser push is off on this server (DAVY_PUSH)."))
    if fault := _url_fault(endpoint):
        raise ValidationError({"endpoint": fault})
    try:
        webpush.encrypt(b"", receiver=webpush.decode(key), auth=webpush.decode(auth))
        if len(webpush.decode(auth)) != 16:
            raise ValueError("auth has 16 bytes")
    except ValueError:
        raise ValidationError({"key": _("The browser's key cannot be read.")}) from None
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    mine_rows = Subscription.objects.filter(mine=mine, user=user).exclude(endpoint_hash=digest)
    if mine_rows.count() >= MOST_DEVICES:
        raise ValidationError(_("At most %(most)s browsers.") % {"most": MOST_DEVICES})
    row, _made = Subscription.objects.update_or_create(
        mine=mine,
        endpoint_hash=digest,
        defaults={
            "user": user,
            "device": device.strip()[:100] or "–",
            "endpoint_box": lock(endpoint),
            "key": key,
            "auth_box": lock(auth),
        },
    )
    record(
        action="notify.device_added", subject=row, mine_id=mine.pk, actor=user,
        detail={"device": row.device},
    )  # fmt: skip
    return row


@transaction.atomic
def device_remove(*, subscription: Subscription, actor: User | None) -> None:
    """Let a browser take no more messages of a mine; nobody acts where another signed in there."""
    record(
        action="notify.device_removed", subject=subscription, mine_id=subscription.mine_id,
        actor=actor, detail={"device": subscription.device},
    )  # fmt: skip
    subscription.delete()
