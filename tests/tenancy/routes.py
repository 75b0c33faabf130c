"""Every address of the product, and who may use it: the table that the walk reads.

A row says how to build the address from one mine's things, with which method and body, and what
each role of that mine gets. Roles of another mine get 404 for a thing, and a list without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROLES = ("owner", "admin", "operator", "auditor", "integrator")
EVERYONE = dict.fromkeys(ROLES, 200)


def only(*roles: str, ok: int = 200, no: int = 403) -> dict[str, int]:
    """Return the statuses when only these roles may."""
    return {role: ok if role in roles else no for role in ROLES}


CONFIGURERS = ("owner", "admin")
EXPORTERS = ("owner", "admin", "auditor")
ANSWERERS = ("owner", "admin", "operator")
SPAN = {"since": "2026-03-04T12:00:00Z", "until": "2026-03-04T12:01:00Z"}


@dataclass(frozen=True)
class Route:
    """One address and method. `things` are one mine's ids by name."""

    name: str
    statuses: dict[str, int]
    method: str = "get"
    arguments: Callable[[dict[str, Any]], dict[str, Any]] = lambda things: {}
    body: Callable[[dict[str, Any]], Any] | None = None
    # What a role of another mine gets; 200 means a list, which must not hold the mine's things.
    stranger: int = 404
    anonymous: int = 401
    # Form posts of pages carry form data; the API takes JSON.
    form: bool = False


def of(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Take arguments for the address from the mine's things."""
    return lambda things: {name.split("=")[0]: things[name.split("=")[-1]] for name in names}


API = [
    Route("api:schema", EVERYONE, stranger=200, anonymous=200),
    Route("api:front", EVERYONE, stranger=200),
    Route("api:mines", EVERYONE, stranger=200),
    Route(
        "api:mines",
        only("owner", ok=201),
        "post",
        body=lambda t: {"organisation": t["organisation"], "name": "New", "timezone": "UTC"},
        stranger=400,
    ),
    Route("api:mine", EVERYONE, arguments=of("pk=mine")),
    Route("api:mine", only(*CONFIGURERS), "patch", of("pk=mine"), lambda t: {"name": "Hill"}),
    Route("api:area", only(*CONFIGURERS), "patch", of("pk=area"), lambda t: {"name": "Sump"}),
    Route(
        "api:machine", only(*CONFIGURERS), "patch", of("pk=machine"), lambda t: {"kind": "hoist"}
    ),
    # A camera hangs there, and its zones name the machine.
    Route("api:area", only(*CONFIGURERS, ok=400), "delete", of("pk=area")),
    Route("api:machine", only(*CONFIGURERS, ok=400), "delete", of("pk=machine")),
    Route("api:handovers", EVERYONE, stranger=200),
    Route(
        "api:handovers",
        only(*ANSWERERS, ok=400),  # an alarm asks
        "post",
        body=lambda t: {"mine": t["mine"], "note": "quiet"},
        stranger=400,
    ),
    Route("api:handover", EVERYONE, arguments=of("pk=handover")),
    Route(
        "api:handover-take",
        only(*ANSWERERS, ok=400),  # an alarm asks
        "post",
        of("pk=handover"),
        lambda t: {"note": "quiet"},
    ),
    Route("api:escalation", EVERYONE, arguments=of("pk=mine")),
    Route(
        "api:escalation",
        only(*CONFIGURERS),
        "put",
        of("pk=mine"),
        lambda t: {"high": [{"after_s": 60, "whom": "shift leader"}]},
    ),
    Route("api:mine-retention", EVERYONE, arguments=of("pk=mine")),
    Route(
        "api:mine-retention",
        only(*CONFIGURERS),
        "patch",
        of("pk=mine"),
        lambda t: {"days": 90, "clip_years": None},
    ),
    Route("api:camera-retention", EVERYONE, arguments=of("pk=camera")),
    Route(
        "api:camera-retention",
        only(*CONFIGURERS),
        "patch",
        of("pk=camera"),
        lambda t: {"gigabytes": 100},
    ),
    *(
        route
        for name, argument in (("mine", "pk=mine"), ("camera", "pk=camera"))
        for route in (
            Route(f"api:{name}-masking", EVERYONE, arguments=of(argument)),
            Route(
                f"api:{name}-masking",
                only(*CONFIGURERS),
                "patch",
                of(argument),
                lambda t: {"filled": True, "reason": "a locker room"},
            ),
        )
    ),
    Route("api:gaps", EVERYONE, stranger=200),
    Route("api:holds", EVERYONE, stranger=200),
    Route(
        "api:holds",
        only(*CONFIGURERS, ok=201),
        "post",
        body=lambda t: {"alarm": t["alarm"], "reason": "case", "until": "2060-01-01T00:00:00Z"},
    ),
    Route(
        "api:hold-end",
        only(*CONFIGURERS),
        "post",
        of("pk=hold"),
        lambda t: {"reason": "closed"},
    ),
    Route(
        "api:clip",
        only("owner"),
        "delete",
        of("uid=free_clip"),
        lambda t: {"reason": "privacy"},
    ),
    Route("api:camera-discover", only(*CONFIGURERS), "post", stranger=200),
    Route(
        "api:camera-streams",
        only(*CONFIGURERS, ok=400),  # no camera hangs there
        "post",
        body=lambda t: {"address": "localhost"},
        stranger=400,
    ),
    Route("api:plans", EVERYONE, stranger=200),
    Route("api:plan", EVERYONE, arguments=of("pk=plan")),
    Route(
        "api:plan-camera",
        only(*CONFIGURERS),
        "put",
        of("pk=plan", "camera"),
        lambda t: {"x": 0.5, "y": 0.5},
    ),
    Route("api:plan-camera", only(*CONFIGURERS), "delete", of("pk=plan", "camera")),
    Route("api:areas", EVERYONE, stranger=200),
    Route(
        "api:areas",
        only(*CONFIGURERS, ok=201),
        "post",
        body=lambda t: {"mine": t["mine"], "name": "Sump A"},
        stranger=400,
    ),
    Route("api:machines", EVERYONE, stranger=200),
    Route(
        "api:machines",
        only(*CONFIGURERS, ok=201),
        "post",
        body=lambda t: {"area": t["area"], "key": "winch-2", "name": "W", "kind": "winch"},
        stranger=400,
    ),
    Route("api:cameras", EVERYONE, stranger=200),
    Route(
        "api:cameras",
        only(*CONFIGURERS, ok=201),
        "post",
        body=lambda t: {"area": t["area"], "name": "New", "main_url": "rtsp://10.1.1.1/m"},
        stranger=400,
    ),
    Route(
        "api:camera-test",
        only(*CONFIGURERS),
        "post",
        body=lambda t: {"url": "ftp://nowhere", "camera": t["camera"]},
        stranger=404,
    ),
    Route("api:camera", EVERYONE, arguments=of("pk=camera")),
    Route(
        "api:camera",
        only(*CONFIGURERS),
        "patch",
        arguments=of("pk=camera"),
        body=lambda t: {"name": "Renamed"},
    ),
    Route("api:camera-scene", EVERYONE, arguments=of("pk=camera")),
    Route(
        "api:camera-scene",
        only(*CONFIGURERS, ok=201),
        "put",
        arguments=of("pk=camera"),
        body=lambda t: {"document": t["document"], "reason": "test"},
    ),
    Route("api:camera-sight", EVERYONE, arguments=of("pk=camera")),
    Route("api:templates", EVERYONE, stranger=200),
    Route(
        "api:camera-scene-template",
        only(*CONFIGURERS),
        "post",
        arguments=of("pk=camera"),
        body=lambda t: {"template": "winch", "document": t["document"]},
    ),
    Route("api:camera-timeline", EVERYONE, arguments=of("pk=camera")),
    # Without a moment or a span there is nothing to answer with.
    *(
        Route(f"api:camera-{name}", only(*ROLES, ok=400), arguments=of("pk=camera"))
        for name in ("boxes", "media", "preview", "span", "span-download")
    ),
    # Nothing is recorded.
    Route("api:camera-live", only(no=404), arguments=of("pk=camera")),
    Route(
        "api:camera-segment",
        only(no=404),
        arguments=lambda t: {"pk": t["camera"], "stream": "main", "sequence": 1, "part": "media"},
    ),
    Route("api:alarms", EVERYONE, stranger=200),
    Route("api:alarm", EVERYONE, arguments=of("pk=alarm")),
    Route(
        "api:acknowledge",
        only("owner", "admin", "operator"),
        "post",
        arguments=of("pk=alarm"),
        body=lambda t: {},
    ),
    Route(
        "api:alarm-reset",
        only(*ANSWERERS, ok=400),  # it is still there
        "post",
        of("pk=alarm"),
        lambda t: {"finding": "a coat"},
    ),
    Route("api:alarm-false", only(*ANSWERERS), "post", of("pk=alarm"), lambda t: {"reason": "x"}),
    Route(
        "api:alarm-call",
        only(*ANSWERERS),
        "post",
        of("pk=alarm"),
        lambda t: {"whom": "driver", "said": "stops"},
    ),
    Route(
        "api:alarm-assign",
        only(*ANSWERERS, ok=400),  # to nobody
        "post",
        of("pk=alarm"),
        lambda t: {"to": 0},
    ),
    Route(
        "api:alarm-shelve",
        only(*ANSWERERS, ok=201),
        "post",
        of("pk=alarm"),
        lambda t: {"minutes": 60, "reason": "repair"},
    ),
    Route(
        "api:alarm-take-out",
        only(*CONFIGURERS, ok=201),
        "post",
        of("pk=alarm"),
        lambda t: {"minutes": 60, "reason": "repair"},
    ),
    Route("api:silences", EVERYONE, stranger=200),
    Route("api:silence-agree", only(*ANSWERERS), "post", of("pk=silence"), lambda t: {}),
    Route("api:silence-end", only(*ANSWERERS), "post", of("pk=silence"), lambda t: {}),
    Route("api:bundles", EVERYONE, stranger=200),
    Route(
        "api:bundles",
        only(*EXPORTERS, ok=201),
        "post",
        body=lambda t: {"alarms": [t["alarm"]], "purpose": "inquiry"},
    ),
    Route("api:bundle", only(*EXPORTERS, no=404), arguments=of("uid=bundle")),
    Route("api:bundle-download", only(*EXPORTERS, no=404), arguments=of("uid=bundle")),
    Route(
        "api:sheet-ask",
        only(*EXPORTERS, ok=201, no=404),
        "post",
        arguments=of("pk=alarm"),
        body=lambda t: {"language": "en"},
    ),
    Route("api:sheet", only(*EXPORTERS, no=404), arguments=of("uid=sheet")),
    Route("api:sheet-download", only(*EXPORTERS, no=404), arguments=of("uid=sheet")),
    Route("api:roots", EVERYONE, stranger=200),
    Route("api:clips", EVERYONE, stranger=200),
    Route("api:clip", EVERYONE, arguments=of("uid=clip")),
    Route(
        "api:clips",
        only(*ANSWERERS, ok=400),  # nothing is recorded there
        "post",
        body=lambda t: SPAN | {"cameras": [t["camera"]], "reason": "rope"},
    ),
    Route(
        "api:clip-extend",
        only(*ANSWERERS, ok=400),  # nothing is recorded there
        "post",
        of("uid=clip"),
        lambda t: {"after_s": 9},
    ),
    # A copy with people blurred is being made.
    Route("api:clip-download", only(*ROLES, ok=202), arguments=of("uid=clip")),
    Route("api:models", EVERYONE, stranger=200),
    Route(
        "api:models",
        only(*CONFIGURERS, ok=400),  # without a file
        "post",
        body=lambda t: {"mine": t["mine"], "name": "m", "contract": {"labels": ["person"]}},
        stranger=400,
    ),
    Route("api:model", EVERYONE, arguments=of("pk=model")),
    Route("api:model-promote", only(*CONFIGURERS), "post", of("pk=model"), lambda t: {}),
    Route(
        "api:model-roll-back",
        only(*CONFIGURERS, ok=400),  # it is not active
        "post",
        of("pk=model"),
        lambda t: {},
    ),
    Route("api:model-retire", only(*CONFIGURERS), "post", of("pk=model"), lambda t: {}),
    Route(
        "api:signals",
        only("owner", "admin", "integrator", ok=201),
        "post",
        body=lambda t: {"mine": t["mine"], "machine": "winch-1", "state": "STOPPED"},
        stranger=400,
    ),
    Route("api:notify-routes", EVERYONE, stranger=200),
    Route(
        "api:notify-routes",
        only(*CONFIGURERS, ok=201),
        "post",
        body=lambda t: {
            "mine": t["mine"],
            "name": "Group",
            "channel": "wecom",
            "address": "https://8.8.8.8/cgi-bin/webhook/send?key=1",
        },
        stranger=400,
    ),
    Route("api:notify-route", only(*CONFIGURERS), arguments=of("pk=route")),
    Route(
        "api:notify-route",
        only(*CONFIGURERS),
        "patch",
        of("pk=route"),
        lambda t: {"severities": ["critical"]},
    ),
    Route("api:notify-route", only(*CONFIGURERS, ok=204), "delete", of("pk=route")),
    Route(
        "api:notify-try",
        only(*CONFIGURERS),
        "post",
        of("pk=route"),
        lambda t: {},
    ),
    Route("api:notify-deliveries", EVERYONE, stranger=200),
    Route("api:notify-device-list", EVERYONE, stranger=200),
    Route(
        "api:notify-device-list",
        only(*ROLES, ok=400),  # push is off
        "post",
        body=lambda t: {
            "mine": t["mine"],
            "endpoint": "https://192.0.2.1/x",
            "keys": {"p256dh": "x", "auth": "x"},
        },
        stranger=400,
    ),
    Route(
        "api:notify-device",
        dict.fromkeys(ROLES, 404),  # nobody's but one's own
        "delete",
        of("pk=device"),
    ),
    Route("api:places", EVERYONE, stranger=200),
    Route("api:replays", EVERYONE, stranger=200),
    Route(
        "api:replays",
        only(*CONFIGURERS, ok=409),  # one is running in the mine
        "post",
        body=lambda t: {"camera": t["camera"], "document": t["document"], **SPAN},
        stranger=400,
    ),
    Route("api:replay", EVERYONE, arguments=of("uid=replay")),
    Route("api:replay-cancel", only(*CONFIGURERS), "post", of("uid=replay"), lambda t: {}),
    Route("api:settings", EVERYONE, stranger=200),
    Route("api:hazards", EVERYONE, stranger=200),
    Route("api:readings", EVERYONE, stranger=200),
    Route("api:events", EVERYONE, stranger=200),
    Route("api:desk", EVERYONE, stranger=200),
]
