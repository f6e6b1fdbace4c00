#!/bin/sh
# Installs the servers that the tests in this folder talk to: Samba as a domain controller, PostgreSQL.
# Debian or Ubuntu, as root. Nothing is downloaded where everything is installed already, and no service is
# started: the tests start their own, on loopback, in a folder of their own.

set -eu

PACKAGES="samba samba-ad-dc samba-ad-provision openssl postgresql"
POLICY=/usr/sbin/policy-rc.d

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

log=$(mktemp)
made_policy=no
finish() {
    rm -f "$log"
    [ "$made_policy" = no ] || rm -f "$POLICY"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

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
