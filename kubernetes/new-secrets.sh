#!/bin/sh
# Write random passwords for an overlay, once: MySQL and MinIO keep those of their first start.
#
#   new-secrets.sh kubernetes/overlays/local/secrets.env
set -eu
file=${1:?the file to write}
if [ -e "$file" ]; then
  echo "new-secrets: $file exists already, and its passwords may be in use; nothing was changed" >&2
  exit 1
fi
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
umask 077
# Complete or not at all.
cat >"$file.new" <<END
MYSQL_ROOT_PASSWORD=$(random)
MYSQL_PASSWORD=$(random)
AWS_ACCESS_KEY_ID=mlflow-$(random | cut -c 1-8)
AWS_SECRET_ACCESS_KEY=$(random)
MLFLOW_TRACKING_PASSWORD=$(random)
MLFLOW_API_PASSWORD=$(random)
END
mv "$file.new" "$file"
echo "new-secrets: wrote $file" >&2
