#!/bin/sh
# Starts coturn with turnserver.conf and what only this machine knows, from the environment:
#   TURN_SECRET or TURN_SECRET_FILE  the same as Passline's turn_secret
#   TURN_PEERS                       addresses of the media workers, separated by spaces: the only ones it relays to
#   TURN_EXTERNAL_IP                 its own public address, if it is behind NAT
#   TURN_CERT, TURN_KEY              PEM files for turns:; without them there is no TLS
#   TURN_CONF                        turnserver.conf, if not beside this file
# Options are passed on to turnserver. The secret goes by a file, so that no list of processes shows it.
set -eu
umask 077
: "${TURN_PEERS:?addresses of the media workers}"
conf=$(mktemp)
{
  cat "${TURN_CONF:-$(dirname "$0")/turnserver.conf}"
  echo "static-auth-secret=${TURN_SECRET:-$(cat "${TURN_SECRET_FILE:?or TURN_SECRET}")}"
  for peer in $TURN_PEERS; do echo "allowed-peer-ip=$peer"; done
  [ -z "${TURN_EXTERNAL_IP:-}" ] || echo "external-ip=$TURN_EXTERNAL_IP"
  if [ -n "${TURN_CERT:-}" ]; then
    echo "cert=$TURN_CERT"
    echo "pkey=${TURN_KEY:-$TURN_CERT}"
  else
    echo no-tls
  fi
} >"$conf"
exec 3<"$conf"
rm "$conf" # it holds the secret; turnserver opens it by what the shell still has
exec turnserver -c /dev/fd/3 "$@"
