"""Broker, cache and channel layer on one Valkey; Celery tuned so that a lost bell costs seconds.

The database row is the truth and the broker is a doorbell: every task may be lost or arrive
twice, and a sweep on the beat rings again for whatever is still waiting.
"""

from davy.env import env_broker

REDIS_URL = env_broker("REDIS_URL", "redis://127.0.0.1:6379")

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL}/1",
        "KEY_PREFIX": "davy",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # The layer blocks for 5 s in each read; the client's own limit must be longer.
            "hosts": [{"address": f"{REDIS_URL}/2", "socket_timeout": 30}],
            "capacity": 500,
            "expiry": 30,
        },
    }
}

CELERY_BROKER_URL = f"{REDIS_URL}/0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A task must end before the broker takes it for lost (visibility_timeout) and hands it out again.
CELERY_TASK_TIME_LIMIT = 120
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    # Without these two a killed worker's task returns only after a further 100 s.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "socket_connect_timeout": 3,
    "socket_timeout": 30,
    "health_check_interval": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A bell that cannot ring must not hold up whoever rings it: the sweep will.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "apps.cameras.tasks.analyse": {"queue": "analysis"},
    "apps.rules.tasks.replay": {"queue": "replay"},
    "apps.notify.tasks.deliver": {"queue": "notify"},
    # A store that hangs must hold up neither the watch over cameras nor the time of alarms.
    "apps.evidence.tasks.cut_due": {"queue": "evidence"},
    "apps.evidence.tasks.keep": {"queue": "evidence"},
    "apps.bundles.tasks.forget": {"queue": "evidence"},
    "apps.privacy.tasks.forget": {"queue": "evidence"},
    "apps.rules.tasks.forget": {"queue": "evidence"},
    "apps.bundles.tasks.pack": {"queue": "replay"},
    "apps.bundles.tasks.make_sheet": {"queue": "replay"},
    "apps.privacy.tasks.make": {"queue": "replay"},
    # An authority that does not answer must hold up neither the record nor messages.
    "apps.ledger.tasks.stamp": {"queue": "replay"},
    "apps.privacy.tasks.make_span": {"queue": "replay"},
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "davy.beat:Beat"
CELERY_BEAT_SCHEDULE = {
    "ring-again-for-waiting-chunks": {
        "task": "apps.cameras.tasks.sweep",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "watch-streams": {
        "task": "apps.cameras.tasks.watch_streams",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "cut-due-clips": {
        "task": "apps.evidence.tasks.cut_due",
        # A clip is to be ready five seconds after its last one; with nothing due this is one query.
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    "keep-videos-and-let-them-go": {
        "task": "apps.evidence.tasks.keep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bind-recordings-into-the-record": {
        "task": "apps.recordings.tasks.seal",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "forget-old-gaps": {
        "task": "apps.recordings.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "keep-the-time-of-alarms": {
        "task": "apps.alarms.tasks.keep_time",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "ring-again-for-replays": {
        "task": "apps.rules.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "ring-again-for-messages": {
        "task": "apps.notify.tasks.sweep",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "forget-old-messages": {
        "task": "apps.notify.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-old-replays": {
        "task": "apps.rules.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "chain-the-record": {
        "task": "apps.ledger.tasks.seal",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "sign-the-record": {
        "task": "apps.ledger.tasks.sign",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "stamp-the-roots": {
        "task": "apps.ledger.tasks.stamp",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "cover-copies": {
        "task": "apps.privacy.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "forget-old-spans": {
        "task": "apps.privacy.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "pack-bundles": {
        "task": "apps.bundles.tasks.sweep",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "forget-old-bundles": {
        "task": "apps.bundles.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-old-readings": {
        "task": "apps.readings.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-old-signals": {
        "task": "apps.signals.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-old-movements": {
        "task": "apps.playback.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget-old-events": {
        "task": "apps.live.tasks.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "look-at-the-clock": {
        "task": "apps.live.tasks.look",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    # These two may have nothing to do for hours, so they are asked whether they are there.
    "ask-notify": {
        "task": "apps.live.tasks.answer",
        "schedule": 10.0,
        "args": ["notify"],
        "options": {"queue": "notify", "expires": 10},
    },
    "ask-replay": {
        "task": "apps.live.tasks.answer",
        "schedule": 10.0,
        "args": ["replay"],
        "options": {"queue": "replay", "expires": 10},
    },
}
