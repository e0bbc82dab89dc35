#!/usr/bin/env bash
# The whole suite on SQLite and the embedded broker, and all but what is marked `once` on PostgreSQL and
# Redis too.
#
# Tests on a whole installation, marked `live`, mostly wait for its processes, the others mostly compute:
# each kind is a run of its own, and all four go side by side. Where arguments choose a part of the suite
# there are two. What the runs in the background printed is shown when the first has ended.
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
titles=() logs=() running=()
# A program in the background does not hear Ctrl-C.
trap 'kill "${running[@]}" 2>/dev/null || true; rm -rf "$data"' EXIT
failed=0

# embedded NAME ARGUMENTS
embedded() {
    local name=$1
    shift
    mkdir "$data/$name"
    exec env BIFROST_DATA="$data/$name" "$python" -m pytest "$@"
}

# servers NAME ARGUMENTS: the tests make a database of that name. These folders are all `once`.
servers() {
    local folder
    for folder in browser documented node providers records sandbox translation; do
        set -- "$@" --ignore="tests/$folder"
    done
    export DATABASE_URL="${database%/*}/bifrost_$1" CELERY_BROKER_URL=$broker
    embedded "$@"
}

# start TITLE SERVERS NAME ARGUMENTS
start() {
    titles+=("$1")
    logs+=("$data/$3.log")
    shift
    ("$@") >"$data/$2.log" 2>&1 &
    running+=($!)
}

whole="" on_servers=(-m "not once" "$@")
if [ $# = 0 ]; then
    whole=yes
    on_servers=(-m "not once and not live")
    set -- -m "not live"
    start "On SQLite and the embedded broker, whole installations" embedded live -m live
fi
if missing=$(DATABASE_URL=$database CELERY_BROKER_URL=$broker "$python" -m tests.servers); then
    start "On PostgreSQL and Redis" servers on_servers "${on_servers[@]}"
    if [ "$whole" ]; then
        start "On PostgreSQL and Redis, whole installations" servers live_on_servers -m "not once and live"
    fi
fi

echo
echo "== On SQLite and the embedded broker"
(embedded embedded "$@") || failed=1

for number in "${!running[@]}"; do
    echo
    echo "== ${titles[$number]}"
    # With 5 ends what found nothing: of a part of the suite all may be `once`.
    wait "${running[$number]}" || [ "$?$whole" = 5 ] || failed=1
    unset "running[$number]"
    cat "${logs[$number]}"
done
if [ "$missing" ]; then
    echo
    echo "== SKIPPED: the suite on PostgreSQL and Redis, because they cannot be reached"
    echo "$missing" | sed 's/^/   /'
    if [ "${CI:-}" = true ]; then
        echo "   In CI this is a failure."
        failed=1
    fi
fi
exit $failed
