# ./dev serve: from a clone to a server one can sign in to.
# What it keeps is in ./data; remove that folder to start again from nothing.

release=()
[ "${1:-}" = --release ] && release=(--release)

need_build
need_postgres
install_missing
build_ferrodon ferrodon "${release[@]}"

port=${PORT:-3000}
while port_taken $port; do port=$((port + 1)); done
streaming=${FERRODON_STREAMING_PORT:-4000}
while port_taken $streaming; do streaming=$((streaming + 1)); done

mkdir -p -m 700 data
run=(env RAILS_ENV=development BIND=127.0.0.1 "PORT=$port" "FERRODON_STREAMING_PORT=$streaming"
    "FERRODON_DATA_DIR=$root/data" "$ferrodon")

say "preparing the database in ./data"
"${run[@]}" migrate

account=data/first-account
if ! [ -s $account ]; then
    say "creating the first account"
    (umask 077 && "${run[@]}" accounts create owner --email owner@localhost.test --confirmed \
        --approve --role Owner >$account.new)
    mv $account.new $account
fi
password=$(sed -n 's/^New password: //p' $account)

"${run[@]}" server &
server=$!
processes+=("TERM $server")
new_folder logs
: >"$logs/none"
wait_for ferrodon "$server" "$logs/none" answers $port "localhost:$port" /health

cat >&2 <<END

    Ferrodon is running.

    Address   http://localhost:$port
    Login     owner@localhost.test   (the account is @owner)
    Password  $password

    Stop it with Ctrl-C. Everything it knows is in ./data.

END
wait "$server"
