#!/usr/bin/env bash
# Signs in against the mocks with the vendors' own SDKs, in Go, in Node and in a
# browser. Installs what is missing; skips nothing.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v node >/dev/null; then
  echo "run.sh: node is missing: install Node 20 or newer" >&2
  exit 2
fi
if ! command -v chromium >/dev/null; then
  echo "run.sh: installing chromium"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
# npm ci is for a clean checkout; what stands there of this very lock file is good.
if ! cmp -s package-lock.json node_modules/.assay-lock; then
  npm ci --ignore-scripts --no-audit --no-fund
  cp package-lock.json node_modules/.assay-lock
fi
go test -count=1 "${@:-./...}"
