#!/bin/sh
# Fails when a coffee of the catalogue has no price.
set -eu
cd "$(dirname "$0")/.."
if grep -n "pricePence: 0" src/lib/catalog.ts; then
  echo "a coffee has no price" >&2
  exit 1
fi
