#!/usr/bin/env bash
# Installs the contestants, by name, from their registries, into the build folder: setup.sh [wechatpy|co-wechat|silenceper]…
# Prints the command of each, for `wechat-auth judge -- COMMAND`.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
target="${CARGO_TARGET_DIR:-$here/../../../target}/judge"
mkdir -p "$target"
target="$(cd "$target" && pwd)"

need() {
    command -v "$1" > /dev/null || {
        echo "$1 is missing, which the contestant $2 needs: $3" >&2
        exit 1
    }
}

# Runs the rest of its arguments unless that was done before from the very same files.
once() {
    local into="$1" from="$2" stamp
    shift 2
    stamp="$(cat "$from"/* | sha256sum)"
    [ "$(cat "$into/.installed" 2> /dev/null)" = "$stamp" ] && return
    rm -rf "$into"
    mkdir -p "$into"
    "$@"
    echo "$stamp" > "$into/.installed"
}

wechatpy() {
    need python3 wechatpy "on Debian, apt-get install python3-venv"
    python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || {
        echo "python3 is older than 3.11 or has no venv, which the contestant wechatpy needs: on Debian, apt-get install python3-venv" >&2
        exit 1
    }
    once "$target/wechatpy" "$here/wechatpy" install_wechatpy
    echo "$target/wechatpy/bin/python $here/wechatpy/contestant.py"
}

install_wechatpy() {
    python3 -m venv "$target/wechatpy"
    "$target/wechatpy/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps \
        -r "$here/wechatpy/requirements.txt"
}

co-wechat() {
    need node co-wechat "on Debian, apt-get install nodejs"
    need npm co-wechat "on Debian, apt-get install npm"
    once "$target/co-wechat" "$here/co-wechat" install_co_wechat
    echo "node $target/co-wechat/contestant.js"
}

install_co_wechat() {
    cp "$here"/co-wechat/* "$target/co-wechat/"
    npm ci --prefix "$target/co-wechat" --loglevel=error --ignore-scripts --no-audit --no-fund >&2
}

silenceper() {
    need go silenceper "on Debian, apt-get install golang-go"
    once "$target/silenceper" "$here/silenceper" install_silenceper
    echo "$target/silenceper/contestant"
}

install_silenceper() {
    (cd "$here/silenceper" && GOFLAGS=-mod=readonly go build -trimpath -o "$target/silenceper/contestant" .)
}

[ "$#" -gt 0 ] || set -- wechatpy co-wechat silenceper
for name; do
    case "$name" in
        wechatpy | co-wechat | silenceper) "$name" ;;
        *) echo "no contestant is called $name: wechatpy, co-wechat or silenceper" >&2; exit 1 ;;
    esac
done
