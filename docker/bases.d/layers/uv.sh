# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# uv: the two programs alone, as its authors' image has them, to be copied from

layer_seconds+=([uv]=8)

layer_uv() {
  local arch
  for arch in "$native" "$foreign"; do
    wheel "wheel-$arch" uv "${version_uv:?}" "$arch-static"
    rootfs unwheel "wheel-$arch"/*.whl "uv-$version_uv.data/scripts" "root-$arch"
    pack "root-$arch" "$arch"
  done
}
