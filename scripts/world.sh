# ./dev world: Ferrodon on a copy of a recorded world.

from=$root/../shared/golden/world
settings= redis_file= use_redis=true clock=2026-11-24T14:38:00Z resolve= ca= row_cache=true workers=true
while [ $# -gt 0 ]; do
    case $1 in
    --from) from=$2 && shift ;;
    --env) settings=$(realpath "$2") && shift ;;
    --redis) redis_file=$(realpath "$2") && shift ;;
    --no-redis) use_redis=false ;;
    --clock) clock=$2 && shift ;;
    --resolve) resolve+=" $2" && shift ;;
    --ca) ca=$(realpath "$2") && shift ;;
    --no-row-cache) row_cache=false ;;
    --workers) workers=true ;;
    --no-workers) workers=false ;;
    --)
        shift
        break
        ;;
    *) fail "unknown option $1; ./dev help lists them" ;;
    esac
    shift
done

[ -e "$from/database.sql.zst" ] ||
    fail "There is no world in $from: it is a folder with database.sql.zst, redis.txt, media/ and env, recorded from a Mastodon server; name it with --from DIR."
settings=${settings:-$(realpath "$from/env")}
redis_file=${redis_file:-$(realpath "$from/redis.txt")}

need_build
need_postgres
need_redis
need "unpacks the database of the world" zstd zstd
install_missing
build_ferrodon ferrodon

say "restoring $from"
start_postgres postgres
bin=$(pg_bin)
database=$postgres/world
"$bin/createdb" --maintenance-db="$postgres/postgres" world
zstd -dcq "$from/database.sql.zst" |
    "$bin/psql" -q -v ON_ERROR_STOP=1 -d "$database" -o /dev/null
redis=
if $use_redis; then
    start_redis redis
    redis_port=${redis##*:}
    # The commands' answers are of no interest, their complaints are.
    redis-cli -p "${redis_port%/0}" <"$redis_file" | { grep -i '^(error)\|^ERR' >&2 || true; }
fi
new_folder place
cp "$settings" "$place/.env.production"
mkdir "$place/media"
if [ -d "$from/media" ]; then cp -r "$from/media/." "$place/media/" && chmod -R u+w "$place/media"; fi

free_port port
free_port streaming
domain=$(sed -n 's/^LOCAL_DOMAIN=//p' "$settings" | tail -1)
run=(env -i "PATH=$PATH" "HOME=$HOME" RAILS_ENV=production "PORT=$port"
    "FERRODON_STREAMING_PORT=$streaming" "DATABASE_URL=$database" "REDIS_URL=$redis"
    "PAPERCLIP_ROOT_PATH=$place/media" "FERRODON_DATA_DIR=$place/data"
    "FERRODON_RESOLVE=$resolve" "FERRODON_CA_FILE=$ca" "RAILS_LOG_LEVEL=${RAILS_LOG_LEVEL:-info}")
[ "$clock" = now ] || run+=("FERRODON_CLOCK=$clock")
$row_cache || run+=(FERRODON_NO_ROW_CACHE=true)
$workers || run+=(FERRODON_NO_WORKERS=true)

log=${WORLD_LOG:-$target/world.log}
(cd "$place" && "${run[@]}" "$ferrodon" --i-know migrate) >"$log" 2>&1 ||
    { cat "$log" >&2 && fail "the world could not be migrated"; }
(cd "$place" && exec "${run[@]}" "$ferrodon" --i-know server) >>"$log" 2>&1 &
server=$!
processes+=("TERM $server")
wait_for ferrodon "$server" "$log" answers "$port" "$domain" /health
say "Ferrodon answers at http://127.0.0.1:$port as $domain; its log is $log"

export FERRODON_URL=http://127.0.0.1:$port STREAMING_URL=http://127.0.0.1:$streaming
export DATABASE_URL=$database REDIS_URL=$redis
if [ $# -gt 0 ]; then
    status=0
    "$@" || status=$?
    kill -0 "$server" 2>/dev/null || fail "Ferrodon ended while the command ran; its log is $log"
    exit "$status"
fi
printf 'FERRODON_URL=%s\nSTREAMING_URL=%s\nDATABASE_URL=%s\nREDIS_URL=%s\n' \
    "$FERRODON_URL" "$STREAMING_URL" "$DATABASE_URL" "$REDIS_URL"
say "Ctrl-C stops it"
wait "$server"
