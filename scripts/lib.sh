# What the commands of ./dev share: messages, packages, ports, and services of their own.
# Sourced by ./dev, with `root` set.

target=${CARGO_TARGET_DIR:-$root/target}
export SQLX_OFFLINE=${SQLX_OFFLINE:-true}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# ---- Leaving nothing behind ------------------------------------------------------------------

folders=()
processes=()

# Stops what this run has started, the youngest first, and removes its folders.
clean_up() {
    local status=$? i
    trap - EXIT INT TERM
    for ((i = ${#processes[@]} - 1; i >= 0; i--)); do
        local signal=${processes[i]%% *} pid=${processes[i]##* }
        kill "-$signal" "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    for ((i = 0; i < ${#folders[@]}; i++)); do rm -rf "${folders[i]}"; done
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# new_folder VARIABLE: a folder that goes with this run; others may pass through it.
new_folder() {
    local made
    made=$(mktemp -d "${TMPDIR:-/tmp}/ferrodon.XXXXXX")
    chmod 755 "$made"
    folders+=("$made")
    printf -v "$1" %s "$made"
}

# ---- What must be installed ------------------------------------------------------------------

# need WHY PACKAGE PROGRAM: notes a Debian package that is missing.
missing=()
need() {
    local program=$3
    case $program in
    postgres) pg_bin >/dev/null && return ;;
    /*) [ -e "$program" ] && return ;;
    *) command -v "$program" >/dev/null && return ;;
    esac
    missing+=("$2")
    say "missing: $2 ($1)"
}

# Installs what `need` has found missing.
install_missing() {
    if ! command -v cargo >/dev/null; then
        [ -x "$HOME/.cargo/bin/cargo" ] || fail "There is no Rust toolchain: install one with rustup, https://rustup.rs"
        PATH=$HOME/.cargo/bin:$PATH
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        fail "Please install these (named as in Debian) and start again: ${missing[*]}"
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    say "installing ${missing[*]}"
    # Debian would start a PostgreSQL of the system; we only want its programs.
    local drop_in=/etc/postgresql-common/createcluster.d/ferrodon.conf had_it=true
    if ! [ -e "$drop_in" ] && [[ " ${missing[*]} " == *" postgresql "* ]]; then
        had_it=false
        "${sudo[@]}" mkdir -p "$(dirname "$drop_in")"
        echo "create_main_cluster = false" | "${sudo[@]}" tee "$drop_in" >/dev/null
    fi
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
    $had_it || "${sudo[@]}" rm -f "$drop_in"
    missing=()
}

need_build() { need "compiles and links the C parts of our libraries" build-essential cc; }
need_postgres() { need "its programs keep the data; no server of the system is used" postgresql postgres; }
need_redis() { need "feeds and streams are tested with it" redis-server redis-server; }

# python_venv NAME REQUIREMENT…: a Python of its own below target/; its bin folder is printed.
python_venv() {
    local venv=$target/venv/$1 wanted=${*:2}
    if [ "$(cat "$venv/requirements" 2>/dev/null)" != "$wanted" ]; then
        rm -rf "$venv"
        say "installing $wanted for Python"
        python3 -m venv "$venv" >&2 ||
            fail "python3 cannot make a virtual environment; install python3-venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "${@:2}" >&2
        echo "$wanted" >"$venv/requirements"
    fi
    echo "$venv/bin"
}
need_python() {
    need "runs the comparison and the app of the tests" python3 python3
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
}

# ---- Ports -----------------------------------------------------------------------------------

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port VARIABLE: a port nobody listens on, below those the kernel gives to clients.
free_port() {
    local candidate
    while :; do
        candidate=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_taken "$candidate" || break
    done
    printf -v "$1" %s "$candidate"
}

# answers PORT HOST PATH: whether a web server says anything but an error of its own.
answers() (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n' \
        "$3" "$2" >&3
    read -r -t 5 line <&3 || line=
    [[ $line == "HTTP/1.1 "[234]* ]]
) 2>/dev/null

# wait_for WHAT PID LOG TEST…: until the test succeeds; shows the log if the process ends first.
wait_for() {
    local what=$1 pid=$2 log=$3 i
    for ((i = 0; i < 600; i++)); do
        if "${@:4}"; then return 0; fi
        if ! kill -0 "$pid" 2>/dev/null; then
            cat "$log" >&2
            fail "$what ended before it answered"
        fi
        sleep 0.1
    done
    tail -20 "$log" >&2
    fail "$what did not answer within a minute"
}

# ---- Services of our own ---------------------------------------------------------------------

# The folder with PostgreSQL's programs, the newest there is.
pg_bin() {
    local bin
    bin=$(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -V | tail -1)
    if [ -x "$bin/postgres" ]; then
        echo "$bin"
    elif bin=$(command -v pg_config) && [ -x "$($bin --bindir)/postgres" ]; then
        "$bin" --bindir
    else
        return 1
    fi
}

# start_postgres VARIABLE: a cluster of its own that forgets everything, for tests only (fsync is
# off). The variable becomes postgres://postgres@127.0.0.1:PORT.
start_postgres() {
    local bin folder port user=() pid
    bin=$(pg_bin)
    new_folder folder
    if [ "$(id -u)" = 0 ]; then
        # PostgreSQL refuses to run as root.
        local name=postgres
        id postgres >/dev/null 2>&1 || name=nobody
        user=(setpriv "--reuid=$name" "--regid=$(id -g "$name")" --clear-groups)
        chown "$name" "$folder"
    fi
    (cd / && "${user[@]}" "$bin/initdb" -D "$folder/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync) >"$folder/initdb.log" 2>&1 ||
        { cat "$folder/initdb.log" >&2 && fail "PostgreSQL could not make a cluster"; }
    free_port port
    (cd / && exec "${user[@]}" "$bin/postgres" -D "$folder/data" -p "$port" -h 127.0.0.1 \
        -k "$folder" -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
        -c max_connections=300 -c shared_buffers=256MB -c max_wal_size=4GB \
        -c autovacuum_naptime=10s) >"$folder/log" 2>&1 &
    pid=$!
    processes+=("INT $pid")
    wait_for PostgreSQL "$pid" "$folder/log" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
    printf -v "$1" %s "postgres://postgres@127.0.0.1:$port"
}

# start_redis VARIABLE: a Redis of its own that keeps nothing. The variable becomes its address.
start_redis() {
    local folder port pid
    new_folder folder
    free_port port
    redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$folder" \
        >"$folder/log" 2>&1 &
    pid=$!
    processes+=("TERM $pid")
    wait_for Redis "$pid" "$folder/log" port_taken "$port"
    printf -v "$1" %s "redis://127.0.0.1:$port/0"
}

# ---- Building --------------------------------------------------------------------------------

# build_ferrodon VARIABLE [CARGO ARGUMENT…]: the variable becomes the path of the binary.
build_ferrodon() {
    local profile=debug
    [[ " $* " == *" --release "* ]] && profile=release
    say "building ferrodon (the first time takes some minutes)"
    cargo build --locked -p ferrodon-server --bin ferrodon "${@:2}" >&2
    printf -v "$1" %s "$target/$profile/ferrodon"
}
