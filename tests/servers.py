"""Whether PostgreSQL and Redis can be reached: prints what is missing and why, exits with 1 then."""

import os
import sys

import psycopg
import redis


def main() -> int:
    reasons = [*_postgresql(os.environ["DATABASE_URL"]), *_redis(os.environ["CELERY_BROKER_URL"])]
    for reason in reasons:
        print(reason)
    return 1 if reasons else 0


def _postgresql(url: str) -> list[str]:
    try:
        psycopg.connect(url, dbname="postgres", connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return [f"PostgreSQL: {str(error).splitlines()[0]}"]
    return []


def _redis(url: str) -> list[str]:
    try:
        redis.Redis.from_url(url, socket_timeout=3).ping()
    except redis.RedisError as error:
        return [f"Redis: {error}"]
    return []


if __name__ == "__main__":
    sys.exit(main())
