# The programs we did not write that tests run: see tests/peers/. Sourced by test.sh.

need_peers() {
    need "carries TLS between the servers of the tests" nginx-light /usr/sbin/nginx
    need "is the browser of the tests" chromium chromium
    need "draws Chinese in its pictures" fonts-droid-fallback \
        /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf
    need "installs the federated server and the browser's driver" npm npm
    need_python
}

# What npm and PyPI have is installed below tests/peers/ and target/, in the versions written here.
install_peers() {
    local folder=$root/tests/peers lock
    lock=$(cksum <"$folder/package-lock.json")
    if [ "$(cat "$folder/node_modules/.installed" 2>/dev/null)" != "$lock" ]; then
        say "installing Fedify, playwright-core, axe-core and Node"
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2)
        echo "$lock" >"$folder/node_modules/.installed"
    fi
    python_venv toot toot==0.52.1 >/dev/null
}
