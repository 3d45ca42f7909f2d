#!/usr/bin/env bash
# Signs in against the mocks with the vendors' own SDKs, in Go, in Node and in a
# browser, and follows the tutorials that need npm. Installs what is missing;
# skips nothing.
set -euo pipefail
cd "$(dirname "$0")"

packages=()
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)
command -v chromium >/dev/null || packages+=(chromium)
if [ ${#packages[@]} -gt 0 ]; then
  echo "run.sh: installing ${packages[*]}"
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
if ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then
  echo "run.sh: node is $(node --version): the SDKs ask for 20 or newer" >&2
  exit 2
fi
# npm ci is for a clean checkout; what stands there of this very lock file is good.
if ! cmp -s package-lock.json node_modules/.assay-lock; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.assay-lock
fi
go test -count=1 -timeout 30m "${@:-./...}"
