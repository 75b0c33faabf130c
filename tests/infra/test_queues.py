"""Every queue has a process, and what waits for others is not done by who watches over people."""

import pytest
from django.conf import settings

from davy.celery import app
from infra import processes

WATCHES = (
    "apps.cameras.tasks.watch_streams",
    "apps.alarms.tasks.keep_time",
    "apps.notify.tasks.sweep",
    "apps.ledger.tasks.seal",
)
ASKS_THE_STORE = (
    "apps.evidence.tasks.cut_due",
    "apps.evidence.tasks.keep",
    "apps.bundles.tasks.forget",
    "apps.privacy.tasks.forget",
    "apps.rules.tasks.forget",
)


def queue_of(task: str) -> str:
    app.loader.import_default_modules()
    assert task in app.tasks
    return str(app.amqp.router.route({}, task)["queue"].name)


def served() -> list[str]:
    argvs = [process.argv for process in processes.TABLE]
    return [argv[argv.index("-Q") + 1] for argv in argvs if "-Q" in argv]


def test_each_task_of_the_beat_goes_to_a_queue_that_one_process_serves():
    assert len(set(served())) == len(served())
    used = {queue_of(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    used |= {
        entry["options"]["queue"]
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if "queue" in entry["options"]
    }
    used |= {queue_of(task) for task in settings.CELERY_TASK_ROUTES}
    assert used == set(served())


@pytest.mark.parametrize("task", ASKS_THE_STORE)
def test_what_asks_the_store_for_long_holds_up_nobody_who_watches(task: str):
    assert queue_of(task) not in {queue_of(one) for one in WATCHES}
