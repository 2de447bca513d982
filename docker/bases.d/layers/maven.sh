# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# maven: Debian's, with Debian's repository of plugins and libraries in the place of Maven Central

layer_seconds+=([maven]=90)

layer_maven() {
  local plugin file packages=(libgoogle-gson-java libsurefire-java)
  for plugin in clean compiler dependency deploy install jar resources shade site; do
    packages+=("libmaven-$plugin-plugin-java")
  done
  on_forky
  need debian
  lay debian "$native" forky
  # Unpacked alone: the Java that they would be installed with is another one.
  in_root forky apt-get update -qq
  in_root forky apt-get install -qq -y --no-install-recommends --download-only maven "${packages[@]}"
  for file in forky/var/cache/apt/archives/*_all.deb; do dpkg-deb -x "$file" all; done
  mkdir -p root/etc root/usr/{bin,share}
  cp -a all/etc/maven root/etc/
  cp -a all/usr/share/{java,maven,maven-repo} root/usr/share/
  ln -s ../share/maven/bin/mvn root/usr/bin/mvn
  rootfs edit root/etc/maven/settings.xml '</mirrors>' \
    '<mirror><id>debian</id><mirrorOf>*</mirrorOf><url>file:///usr/share/maven-repo</url></mirror></mirrors>'
  # Which a repository has, and Maven warns of otherwise.
  find root/usr/share/maven-repo -name '*.jar' -o -name '*.pom' | while read -r file; do
    if [[ -f $file ]]; then sha1sum <"$file" | cut -c1-40 >"$file.sha1"; fi
  done
  pack root "$native"
}
