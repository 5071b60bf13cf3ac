#!/bin/sh
# Entrypoint of the `grafana` service: that of the image, after a warning when the network reaches the page and the
# administrator has the public password of .env.example.
case ${PAGES_BIND:-127.0.0.1} in
  127.* | ::1 | '[::1]' | localhost) ;;
  *)
    if [ "$GF_SECURITY_ADMIN_PASSWORD" = supersecret ]; then
      echo "start: WARNING: the network reaches Grafana (PAGES_BIND=$PAGES_BIND), with a public default password:" \
        "GRAFANA_ADMIN_PASSWORD. Set PAGES_BIND=127.0.0.1, or another password before the first start" >&2
    fi
    ;;
esac
exec "${GRAFANA_START:-/run.sh}" "$@"
