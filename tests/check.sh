#!/usr/bin/env bash
# Everything about the code that can be judged without running it. All of it, even after a failure.
set -uo pipefail

cd "$(dirname "$0")/.."
bin=.venv/bin
most_lines=400
# What a step ends with that could not be taken.
skipped=77
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
failed=0

step() {
    local name=$1
    shift
    local said code=0
    said=$("$@" 2>&1) || code=$?
    case $code in
    0) echo "ok      $name" ;;
    "$skipped") echo "skipped $name: $said" ;;
    *)
        echo "FAILED  $name"
        echo "$said" | sed 's/^/        /'
        failed=1
        ;;
    esac
}

short_modules() {
    git ls-files '*.py' | grep -v /migrations/ | xargs -r wc -l |
        awk -v most=$most_lines '$2 != "total" && $1 > most {print $2 " has " $1 " lines, more than " most; long = 1} END {exit long}'
}

# A production has its own secrets and an address. These are made up here and thrown away.
production() {
    env -i PATH="$PATH" BIFROST_DATA="$data" BIFROST_ENV_FILE=/dev/null BIFROST_PUBLIC_URL=https://bifrost.example.com \
        BIFROST_SECRET_KEY="$(head -c 48 /dev/urandom | base64 | tr -d '\n')" \
        BIFROST_ENCRYPTION_KEYS="$($bin/python -m bifrost.keys)" BIFROST_AUTH=keys "$@"
}

step "ruff: lint" $bin/ruff check .
step "ruff: format" $bin/ruff format --check .
step "mypy" $bin/mypy .
step "import contracts" $bin/lint-imports
step "dependencies have no known weakness" $bin/python -m tests.audit
step "modules of at most $most_lines lines" short_modules
step "migrations are complete" production $bin/python manage.py makemigrations --check --dry-run
step "settings fit for production" production $bin/python manage.py check --deploy --fail-level WARNING
exit $failed
