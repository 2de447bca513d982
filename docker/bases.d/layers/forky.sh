# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# forky: the next release of Debian, for what is too old in the present one

layer_seconds+=([forky]=40)

# Makes forky out of what is called debian, for a recipe: they run in processes of their own.
on_forky() {
  local name
  mkdir -p machine-forky
  cp -r "$machine/." machine-forky
  sed -i 's/bookworm/forky/g' machine-forky/{sources.list,debian.sources}
  machine=$PWD/machine-forky
  for name in debs lay need; do eval "any_$(declare -f "$name")"; done
  # The index has a place of its own.
  debs() { cache=$cache/forky any_debs "$@"; }
  lay() { any_lay "${1/#debian/forky}" "${@:2}"; }
  need() { any_need "${1/#debian/forky}"; }
}

layer_forky() {
  on_forky
  # What it runs is told the release.
  setpriv() { command setpriv "${@/#bookworm/forky}"; }
  layer_debian
}
