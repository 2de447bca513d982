# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# java: Debian's OpenJDK, without its libraries for fonts and pictures

layer_seconds+=([java-jre]=20 [java-jdk]=20 [distroless-java]=10)

# Lays out Debian's packages of OpenJDK as one folder: openjdk FOLDER ARCH PACKAGE...
openjdk() {
  local folder=$1 arch=$2 file
  shift 2
  debs debs "$arch" "$@"
  for file in debs/"$arch"/openjdk-*.deb; do dpkg-deb -x "$file" "all-$arch"; done
  mkdir -p "$(dirname "$folder")" ca
  mv "all-$arch/usr/lib/jvm/java-17-openjdk-$arch" "$folder"
  # Debian keeps settings in /etc.
  for file in conf lib; do
    [[ -d $folder/$file ]] || continue
    find "$folder/$file" -type l -printf '%P\t%l\n' | while IFS=$'\t' read -r name target; do
      if [[ $target == /etc/java-17-openjdk/* ]]; then
        rm "$folder/$file/$name"
        cp -r "all-$arch$target" "$folder/$file/$name"
      fi
    done
  done
  rm -rf "$folder"/{docs,man,src.zip} "$folder/lib/src.zip"
  if [[ -e $folder/lib/security ]]; then
    mkdir -p trust
    trust_store trust
    rm -f "$folder/lib/security/cacerts"
    python3 "$here/bases.d/java/keystore.py" trust/etc/ssl/certs/ca-certificates.crt "$folder/lib/security/cacerts"
  fi
}

layer_java-jre() {
  local arch
  for arch in "$native" "$foreign"; do
    openjdk "root-$arch/opt/java/openjdk" "$arch" openjdk-17-jre-headless
    pack "root-$arch" "$arch"
  done
}

layer_java-jdk() {
  openjdk root/opt/java/openjdk "$native" openjdk-17-jdk-headless
  pack root "$native"
}

layer_distroless-java() {
  local arch
  for arch in "$native" "$foreign"; do
    mkdir -p "root-$arch/usr/bin"
    openjdk "root-$arch/usr/lib/jvm/java-17-openjdk-$arch" "$arch" openjdk-17-jre-headless
    ln -s "../lib/jvm/java-17-openjdk-$arch/bin/java" "root-$arch/usr/bin/java"
    debs zlib "$arch" zlib1g
    rootfs distroless "root-$arch" zlib/"$arch"/*.deb
    pack "root-$arch" "$arch"
  done
}
