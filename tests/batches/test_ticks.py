"""What beat rings."""

from bifrost.celery import app


def test_every_tick_rings_a_task_that_there_is():
    rung = {tick["task"] for tick in app.conf.beat_schedule.values()}

    assert "batches.tasks.sync_outside" in rung
    assert rung <= set(app.tasks)
