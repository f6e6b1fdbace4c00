#!/bin/sh
# Installs what the tests in this folder talk to. Servers: Samba as a domain controller, PostgreSQL; and a browser,
# Chromium (Debian, as root). Clients and SCIM servers from PyPI, which are no dependency of the product: each in an
# environment of its own, .venv-clients/NAME, as clients/requirements-NAME.txt says. Nothing is downloaded where
# everything is installed already, and no service is started: the tests start their own, on loopback, in a folder of
# their own.

set -eu

PACKAGES="samba samba-ad-dc samba-ad-provision openssl postgresql chromium"
POLICY=/usr/sbin/policy-rc.d

HERE=$(cd "$(dirname "$0")" && pwd)
CLIENTS=${RETOUR_CLIENTS:-$HERE/../../.venv-clients}
PYTHON=${PYTHON:-python3}

log=$(mktemp)
made_policy=no
finish() {
    rm -f "$log"
    [ "$made_policy" = no ] || rm -f "$POLICY"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# Makes the environment of one requirements file, where that has changed since it was made last.
make_environment() {
    folder=$CLIENTS/$1
    cmp -s "$2" "$folder/requirements.txt" && return
    echo "Setting up $folder" >&2
    rm -rf "$folder"
    mkdir -p "$CLIENTS"
    if ! { "$PYTHON" -m venv "$folder" && "$folder/bin/python" -m pip install -q --requirement "$2"; } >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
    cp "$2" "$folder/requirements.txt"
}

for requirements in "$HERE"/clients/requirements-*.txt; do
    name=${requirements##*/requirements-}
    make_environment "${name%.txt}" "$requirements"
done

installed() {
    dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests against real servers need Debian's packages: $PACKAGES" >&2
    exit 1
fi

missing=
for package in $PACKAGES; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Run this as root, or install these first:$missing" >&2
    exit 1
fi

# Debian starts a service when it installs one, unless this says that it may not.
if [ ! -e "$POLICY" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi

echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is words
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
