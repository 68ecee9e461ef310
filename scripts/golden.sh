# ./dev golden: our answers beside those of the recorded server.

golden=$root/../shared/golden
steps= against= no_redis=() update=() 
while [ $# -gt 0 ]; do
    case $1 in
    --golden) golden=$2 && shift ;;
    --steps) steps=$(realpath "$2") && shift ;;
    --against) against=$(realpath "$2") && shift ;;
    --no-redis) no_redis=(--no-redis) ;;
    --update) update=(--update) ;;
    *) fail "unknown option $1; ./dev help lists them" ;;
    esac
    shift
done
[ -e "$golden/golden.py" ] ||
    fail "There is no golden.py in $golden: it is the folder with a recorded Mastodon server and its answers; name it with --golden DIR."
golden=$(realpath "$golden")

need_build
need_python
install_missing
python=$(python_venv golden requests==2.32.5)/python
report=$target/golden
mkdir -p "$report"
domain=$(sed -n 's/^LOCAL_DOMAIN=//p' "$golden/world/env")

# replay NAME STEPS AGAINST WORLD-OPTION…: one world, one run of golden.py.
replay() {
    local name=$1 steps=$2 against=$3 pause=0
    shift 3
    rm -f "$report/$name.json"
    # Reads must find the world as it was; writes leave time for the work that follows them.
    if grep -qE '"method": *"(POST|PUT|PATCH|DELETE)"' "$steps"; then
        pause=0.8
    else
        set -- "$@" --no-workers
    fi
    say "replaying $name"
    # golden.py says by its status that something differs; which is no failure yet.
    WORLD_LOG=$report/$name.log "$root/dev" world --from "$golden/world" "$@" "${no_redis[@]}" -- \
        sh -c '"$0" "$1/golden.py" replay --base "$FERRODON_URL" --host "$2" --steps "$3" \
            --against "$4" --pause "$5" --json "$6.json" >"$6.txt" 2>&1; test -s "$6.json"' \
        "$python" "$golden" "$domain" "$steps" "$against" "$pause" "$report/$name" ||
        { tail -20 "$report/$name.txt" >&2 && fail "golden.py did not finish"; }
}

runs=()
if [ -n "$steps$against" ]; then
    [ -n "$steps" ] && [ -n "$against" ] || fail "--steps and --against go together"
    replay steps "$steps" "$against"
    runs+=("steps=$steps")
else
    replay reads "$golden/reads.json" "$golden/reads.recorded.json"
    replay writes "$golden/writes.json" "$golden/writes.recorded.json"
    runs+=("reads=$golden/reads.json" "writes=$golden/writes.json")
fi
"$python" "$root/scripts/golden_report.py" --report "$report" \
    --equal "$root/tests/golden-equal.txt" "${update[@]}" "${runs[@]}"
