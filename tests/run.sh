#!/usr/bin/env bash
# The whole suite twice: on SQLite and the embedded broker, then on PostgreSQL and Redis.
#
# TEST_DATABASE_URL and TEST_BROKER_URL name the servers; in the first the tests make databases of
# their own and drop them, the second they empty.
# Where they cannot be reached the second half is skipped, but not in CI.
set -euo pipefail

cd "$(dirname "$0")/.."
python=.venv/bin/python
database=${TEST_DATABASE_URL:-postgresql://postgres@127.0.0.1:5432/postgres}
broker=${TEST_BROKER_URL:-redis://127.0.0.1:6379/15}

# What a developer has set for `make run` must not reach the tests, least of all real keys.
for name in $(compgen -e | grep -E '^(BIFROST_|OPENAI_|ANTHROPIC_|GEMINI_|GOOGLE_|AWS_|BEDROCK_)|^(SANDBOX|PORT|DATABASE_URL|CELERY_BROKER_URL)$' || true); do
    unset "$name"
done
export BIFROST_ENV_FILE=/dev/null
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
failed=0

suite() {
    echo
    echo "== $1"
    shift
    BIFROST_DATA=$data "$@" "$python" -m pytest "${arguments[@]}" || failed=1
}

arguments=("$@")
suite "On SQLite and the embedded broker" env
if missing=$(DATABASE_URL=$database CELERY_BROKER_URL=$broker "$python" -m tests.servers); then
    for pure in sandbox providers records translation \
        hostile/test_any_parser.py hostile/test_framing.py hostile/test_stalls.py openapi/test_documents.py; do
        arguments+=(--ignore="tests/$pure")
    done
    suite "On PostgreSQL and Redis, without what uses neither" \
        env DATABASE_URL="$database" CELERY_BROKER_URL="$broker"
else
    echo
    echo "== SKIPPED: the suite on PostgreSQL and Redis, because they cannot be reached"
    echo "$missing" | sed 's/^/   /'
    if [ "${CI:-}" = true ]; then
        echo "   In CI this is a failure."
        failed=1
    fi
fi
exit $failed
