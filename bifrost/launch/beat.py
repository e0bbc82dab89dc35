"""`python -m bifrost.launch.beat`: what rings the workers.

worker.py says why it is not Celery's own command.
"""

from bifrost.celery import app

if __name__ == "__main__":
    app.Beat(quiet=True, loglevel="WARNING").run()
