#!/bin/sh
# samba-dc.sh DIR ADDRESS: a real Active Directory domain controller for the tests, on loopback only.
#
# DIR is provisioned on the first start (5 to 7 s) and reused afterwards (0.3 s); a tmpfs makes writes two
# to three times faster. ADDRESS is any 127.x.y.z, so several controllers run side by side; the ports are
# fixed by Samba: 389, 636 (LDAPS), 3268, 3269. Runs in the foreground and becomes the Samba process;
# after SIGTERM it exits with 127, which is its normal way out. Provisioning is logged in DIR.log.
#
# Needs root, samba, samba-ad-dc, samba-ad-provision and openssl (install.sh). What it makes:
#
#   DC=corp,DC=example,DC=test     NetBIOS name CORP
#   OU=Managed                     with OU=Starters, OU=Staff, OU=Leavers, OU=Teams below it
#   OU=Groups
#   CORP\Administrator             password Passw0rd!Adm1n
#   CORP\svc-retour                password Sandbox#2026!x: may manage users below OU=Managed, make OUs below
#                                  OU=Teams, change the members of groups below OU=Groups, and see what was
#                                  deleted; nothing else
#   DIR/private/tls/ca.pem         the authority that signed the certificate, which also names 127.0.0.1: a proxy
#                                  that breaks connections stands there
#
# The passwords are public: never let this controller listen on another network.

set -eu

[ $# -eq 2 ] || { echo "usage: $0 DIR ADDRESS" >&2; exit 2; }
case $1 in
    /*) DIR=$1 ;;
    *) DIR=$PWD/$1 ;;
esac
ADDRESS=$2
HERE=$(cd "$(dirname "$0")" && pwd)

BASE=DC=corp,DC=example,DC=test
ADMIN_PASSWORD='Passw0rd!Adm1n'
SERVICE_PASSWORD='Sandbox#2026!x'

# Schema ids of the classes user and organizationalUnit, the attribute member, the class group (MS-ADSC, MS-ADA2).
USER=bf967aba-0de6-11d0-a285-00aa003049e2
ORGANIZATIONAL_UNIT=bf967aa5-0de6-11d0-a285-00aa003049e2
MEMBER=bf9679c0-0de6-11d0-a285-00aa003049e2
GROUP=bf967a9c-0de6-11d0-a285-00aa003049e2

# samba-tool on the database files, without a running server.
offline() {
    samba-tool "$@" -H "$DIR/private/sam.ldb" -s "$DIR/etc/smb.conf" >>"$DIR.log" 2>&1
}

provision() {
    samba-tool domain provision \
        --targetdir="$DIR" --realm=CORP.EXAMPLE.TEST --domain=CORP --server-role=dc --dns-backend=NONE \
        --host-name=dc1 --host-ip="$ADDRESS" --adminpass="$ADMIN_PASSWORD" \
        --option="interfaces=$ADDRESS/8" --option="bind interfaces only=yes" >"$DIR.log" 2>&1
}

# Everything inside DIR, so that nothing of the machine's own Samba is touched. Only LDAP is served: DNS,
# Kerberos and file sharing would want ports 53, 88 and 445.
configure() {
    mkdir -p "$DIR/run" "$DIR/log" "$DIR/ncalrpc" "$DIR/cache"
    cat >"$DIR/etc/smb.conf" <<CONFIG
[global]
  netbios name = DC1
  realm = CORP.EXAMPLE.TEST
  workgroup = CORP
  server role = active directory domain controller
  server services = ldap, cldap
  bind interfaces only = yes
  interfaces = $ADDRESS/8
  private dir = $DIR/private
  state directory = $DIR/state
  lock directory = $DIR
  cache directory = $DIR/cache
  pid directory = $DIR/run
  ncalrpc dir = $DIR/ncalrpc
  binddns dir = $DIR/bind-dns
  log file = $DIR/log/log.samba
  tls keyfile = tls/key.pem
  tls certfile = tls/cert.pem
  tls cafile = tls/ca.pem
CONFIG
}

# Python 3.13 checks strictly: the authority states its keyUsage, the certificate names its authority.
certify() {
    mkdir -p "$DIR/private/tls"
    (
        cd "$DIR/private/tls"
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout ca.key -out ca.pem \
            -subj "/CN=Retour test authority" -addext basicConstraints=critical,CA:TRUE \
            -addext keyUsage=critical,keyCertSign,cRLSign
        openssl req -newkey rsa:2048 -nodes -keyout key.pem -out server.csr -subj "/CN=dc1.corp.example.test"
        {
            echo "subjectAltName=DNS:dc1.corp.example.test,DNS:localhost,IP:127.0.0.1,IP:$ADDRESS"
            echo "keyUsage=digitalSignature,keyEncipherment"
            echo "extendedKeyUsage=serverAuth"
            echo "subjectKeyIdentifier=hash"
            echo "authorityKeyIdentifier=keyid"
        } >server.ext
        openssl x509 -req -in server.csr -days 3650 -extfile server.ext \
            -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem
        chmod 600 key.pem # Samba refuses a key that others can read
    ) >>"$DIR.log" 2>&1
}

# What a customer would delegate: create and delete users below OU=Managed (CCDC) with full control of
# them (GA), create OUs below OU=Teams (CC), read and write the members of groups below OU=Groups (RPWP), and
# list and read deleted objects (LCRP).
delegate() {
    offline ou create "OU=Managed,$BASE"
    for name in Starters Staff Leavers Teams; do
        offline ou create "OU=$name,OU=Managed,$BASE"
    done
    offline ou create "OU=Groups,$BASE"
    offline user create svc-retour "$SERVICE_PASSWORD"
    sid=$(samba-tool user show svc-retour --attributes=objectSid \
        -H "$DIR/private/sam.ldb" -s "$DIR/etc/smb.conf" | sed -n 's/^objectSid: //p')
    offline dsacl set --objectdn="OU=Managed,$BASE" \
        --sddl="(OA;CI;CCDC;$USER;;$sid)(OA;CIIO;GA;;$USER;$sid)"
    offline dsacl set --objectdn="OU=Teams,OU=Managed,$BASE" \
        --sddl="(OA;CI;CC;$ORGANIZATIONAL_UNIT;;$sid)"
    offline dsacl set --objectdn="OU=Groups,$BASE" --sddl="(OA;CIIO;RPWP;$MEMBER;$GROUP;$sid)"
    # By the Python of samba-tool, and apart (-I) from this folder, which has a samba.py of its own.
    "$(sed -n '1s/^#! *//p' "$(command -v samba-tool)")" -I "$HERE/samba_reads_deleted.py" \
        "$DIR/etc/smb.conf" "$DIR/private/sam.ldb" "$sid" >>"$DIR.log" 2>&1
}

if [ ! -e "$DIR" ]; then
    provision
    configure
    certify
    # Without max-pwd-age=0 every password of a kept copy stops working after 42 days.
    offline domain passwordsettings set \
        --max-pwd-age=0 --min-pwd-age=0 --min-pwd-length=8 --history-length=0
    delegate
    touch "$DIR/ready" # written last: tells a whole domain from an interrupted one
elif [ ! -e "$DIR/ready" ]; then
    echo "$0: $DIR is not a whole domain; remove it and start again (see $DIR.log)" >&2
    exit 1
fi

exec samba -i -M single -s "$DIR/etc/smb.conf" --debug-stdout
