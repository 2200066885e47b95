#!/bin/sh
# Makes the secrets of a service that nobody chooses, one file each, in a new folder: deploy/secrets.sh FOLDER
# DATABASE_HOST=postgres also makes a password of PostgreSQL there, and the address of the database with it.
# Keep a copy of SATUPINTU_SECRET_KEY and SATUPINTU_ROOT_KEYS apart from all back-ups: without them nothing sealed opens.
set -eu
folder=${1:?name a new folder}
umask 077
mkdir -p "$(dirname "$folder")"
mkdir "$folder"
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
printf '%s\n' "$(random)" > "$folder/SATUPINTU_SECRET_KEY"
printf '1:%s\n' "$(random)" > "$folder/SATUPINTU_ROOT_KEYS"
if [ -n "${DATABASE_HOST:-}" ]; then
  password=$(random)
  printf '%s\n' "$password" > "$folder/POSTGRES_PASSWORD"
  printf 'postgresql://satupintu:%s@%s/satupintu\n' "$password" "$DATABASE_HOST" > "$folder/SATUPINTU_DATABASE_URL"
fi
# The user of the image, who has no account on the host, reads them.
if [ "$(id -u)" = 0 ]; then chown -R "${OWNER:-65532:65532}" "$folder"; fi
