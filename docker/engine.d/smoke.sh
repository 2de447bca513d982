#!/usr/bin/env bash
# Tries what the tests rely on, with an engine that is up:  docker/engine.d/smoke.sh [28|26|20]
# Needs nothing from outside but name resolution; its images are made from the engine's own root folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${1:-28}
environment=$("$here/../engine" env "$version")
eval "$environment"
scratch=$(mktemp -d)
# Leaves only the base image, which the next run uses again.
cleanup() {
  docker rm -f optf-smoke
  docker network rm optf-smoke
  docker rmi optf-smoke:built optf-smoke:network "$OPTFRONTEND_REGISTRY"/optf-smoke:{pushed,direct}
  rm -rf "$scratch"
} >/dev/null 2>&1
trap 'cleanup || true' EXIT
passed=0 failed=0

check() { # name, command...
  local name=$1
  shift
  if "$@" >"$scratch/out" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    tail -n 15 "$scratch/out"
  fi
}
build() { docker buildx build --progress plain "$@" "$scratch/context"; }

# A base image: the engine's root folder, less what only takes time to copy.
root=${DOCKER_CONFIG%/client/config}/root
[[ -n $(docker images -q optf-smoke:base) ]] ||
  tar c -C "$root" --exclude='./usr/*bin/docker*' --exclude='./usr/*bin/containerd*' --exclude=./usr/share \
    --exclude=./usr/libexec --exclude=./var . | docker import - optf-smoke:base >/dev/null
mkdir "$scratch/context"
echo "$RANDOM$RANDOM" >"$scratch/context/nonce"
cat >"$scratch/context/Dockerfile" <<'DOCKERFILE'
FROM optf-smoke:base AS first
COPY nonce /nonce
RUN --mount=type=cache,target=/cache cat /nonce >/cache/nonce && cp /cache/nonce /result
FROM optf-smoke:base
COPY --from=first /result /result
DOCKERFILE
host=$(awk '/^URIs: *http|^deb .*http/ { split($0, part, "/"); print part[3]; exit }' "$root"/etc/apt/sources.list* 2>/dev/null)
cat >"$scratch/context/network.Dockerfile" <<DOCKERFILE
FROM optf-smoke:base
COPY nonce /nonce
RUN getent hosts $host && perl -MIO::Socket::INET -e \
  'IO::Socket::INET->new(PeerAddr => "$host:80", Timeout => 10) or die "no connection: \$@"'
DOCKERFILE

store() {
  case $version in
    20) [[ $(docker info --format '{{.Driver}}') == overlay2 ]] ;;
    *) docker info --format '{{.Driver}} {{.DriverStatus}}' | grep -q 'overlayfs.*containerd.snapshotter' ;;
  esac
}
pull_back() { docker rmi "$OPTFRONTEND_REGISTRY/$1" && docker pull "$OPTFRONTEND_REGISTRY/$1"; }
push() { docker tag optf-smoke:built "$OPTFRONTEND_REGISTRY/optf-smoke:pushed" && docker push "$OPTFRONTEND_REGISTRY/optf-smoke:pushed"; }
built() { [[ $(docker run --rm optf-smoke:built cat /result) == "$(<"$scratch/context/nonce")" ]]; }
published() {
  # shellcheck disable=SC2016 # Perl's variables
  docker run -d --name optf-smoke -p 127.0.0.1::8080 optf-smoke:base perl -MIO::Socket::INET -e \
    'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, Reuse => 1); while (my $c = $s->accept) { print $c "hello\n"; close $c }'
  local port answer tries
  port=$(docker port optf-smoke 8080 | sed -n 's/.*://p' | head -n 1)
  for ((tries = 0; tries < 50; tries++)); do
    read -r answer <"/dev/tcp/127.0.0.1/$port" && [[ $answer == hello ]] && return
    sleep 0.1
  done
  return 1
}
names() {
  docker rm -f optf-smoke
  docker network create optf-smoke
  docker run -d --name optf-smoke --network optf-smoke optf-smoke:base sleep 60
  docker run --rm --network optf-smoke optf-smoke:base getent hosts optf-smoke "$host"
}
arm64() {
  docker buildx inspect | grep -q linux/arm64
}
wrapper() {
  [[ $(cd / && echo FROM optf-smoke:base | docker build -q - | cut -c1-7) == sha256: ]] || return 1
  local code=0
  docker run --rm -i optf-smoke:base sh -c 'cat >/dev/null; exit 7' </dev/null || code=$?
  ((code == 7))
}
# Is the path of the host the same path for the engine?
volume() { [[ $(docker run --rm -v "$scratch/context:/v" optf-smoke:base cat /v/nonce) == "$(<"$scratch/context/nonce")" ]]; }

check 'image store' store
check 'multi-stage build with a cache mount' build -t optf-smoke:built
check 'the built image runs' built
check 'build step reaches the network' build -t optf-smoke:network -f "$scratch/context/network.Dockerfile"
check 'docker push' push
check 'docker pull' pull_back optf-smoke:pushed
check 'buildx build --push' build --push -t "$OPTFRONTEND_REGISTRY/optf-smoke:direct"
check 'pull of what buildx pushed' docker pull "$OPTFRONTEND_REGISTRY/optf-smoke:direct"
check 'published port on 127.0.0.1' published
check 'names on a network of its own' names
check 'linux/arm64 is listed' arm64
check 'standard input and exit code of the client' wrapper
check 'volume of a path of this machine' volume
echo
echo "$passed passed, $failed failed"
((failed == 0))
