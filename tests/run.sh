#!/usr/bin/env bash
# The whole suite twice, side by side: on SQLite and the embedded broker, and on PostgreSQL and Redis.
# What the second one printed is shown when the first has ended.
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
second=""
# A program in the background does not hear Ctrl-C.
trap 'if [ -n "$second" ]; then kill "$second" 2>/dev/null || true; fi; rm -rf "$data"' EXIT
failed=0

suite() {
    local name=$1
    shift
    mkdir "$data/$name"
    exec env BIFROST_DATA="$data/$name" "$@" "$python" -m pytest "${arguments[@]}"
}

arguments=("$@")
if missing=$(DATABASE_URL=$database CELERY_BROKER_URL=$broker "$python" -m tests.servers); then
    for pure in browser sandbox providers records translation \
        hostile/test_any_parser.py hostile/test_framing.py hostile/test_stalls.py openapi/test_documents.py; do
        arguments+=(--ignore="tests/$pure")
    done
    (suite servers DATABASE_URL="$database" CELERY_BROKER_URL="$broker") >"$data/second.log" 2>&1 &
    second=$!
fi

echo
echo "== On SQLite and the embedded broker"
arguments=("$@")
(suite embedded) || failed=1

echo
if [ -n "$second" ]; then
    echo "== On PostgreSQL and Redis, without what uses neither"
    wait "$second" || failed=1
    second=""
    cat "$data/second.log"
else
    echo "== SKIPPED: the suite on PostgreSQL and Redis, because they cannot be reached"
    echo "$missing" | sed 's/^/   /'
    if [ "${CI:-}" = true ]; then
        echo "   In CI this is a failure."
        failed=1
    fi
fi
exit $failed
