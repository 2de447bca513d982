# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# python: Debian's CPython, moved to /usr/local and freed of Debian's own folder layout, as python.org has it

layer_seconds+=([python]=25 [python-3-14]=25)

# What the official slim images have from Debian: libraries that Python is linked to.
layer_python() {
  install_on_debian ca-certificates netbase tzdata libbz2-1.0 libdb5.3 libexpat1 libffi8 libncursesw6 libnsl2 \
    libreadline8 libsqlite3-0 libssl3 libtirpc3 libuuid1 media-types
  cpython "${version_python:?}" "${version_python_pip:?}" "${version_python_setuptools:?}" "${version_python_wheel:?}"
}

layer_python-3-14() {
  on_forky
  install_on_debian ca-certificates netbase tzdata libbz2-1.0 libdb5.3t64 libexpat1 libffi8 liblzma5 libncursesw6 \
    libreadline8t64 libsqlite3-0 libssl3t64 libuuid1 libzstd1 media-types
  cpython "${version_python_3_14:?}" "${version_python_3_14_pip:?}"
}

# Python with pip, and what else it brings along: cpython VERSION PIP [SETUPTOOLS WHEEL]
# A release of Debian that still moves is asked for major and minor version alone.
cpython() {
  local version=$1 pip=$2 setuptools=${3:-} wheel=${4:-} name arch root lib file
  name=python$(cut -d. -f1,2 <<<"$version")
  for arch in "$native" "$foreign"; do
    debs debs "$arch" "$name-minimal" "lib$name"-{minimal,stdlib,dev} "$name-venv"
  done

  wheel wheels pip "$pip"
  if [[ $setuptools ]]; then wheel wheels setuptools "$setuptools"; fi
  if [[ $wheel ]]; then wheel wheels wheel "$wheel"; fi
  for arch in "$native" "$foreign"; do
    root=root-$arch lib=root-$arch/usr/local/lib/$name
    for file in debs/"$arch"/*.deb; do dpkg-deb -x "$file" "cpython-$arch"; done
    mkdir -p "$root/usr/local/include"
    mv "cpython-$arch/usr/lib/$name" "$lib"
    mv "cpython-$arch"/usr/include/* "$root/usr/local/include/"
    mv "cpython-$arch/usr/bin/$name" "$root/usr/local/bin/$name"
    ln -s "$name" "$root/usr/local/bin/python3"
    ln -s python3 "$root/usr/local/bin/python"
    rm -rf "$lib"/{EXTERNALLY-MANAGED,sitecustomize.py,_distutils_system_mod.py,test,config-*}
    find "$lib" -name __pycache__ -exec rm -rf {} +
    cp "$here/bases.d/python/sitecustomize.py" "$lib/sitecustomize.py"
    # A module, or a package of late.
    for file in "$lib"/sysconfig{.py,/__init__.py}; do
      if [[ -f $file ]]; then rootfs edit "$file" "prefix_scheme = '(posix_local|deb_system)'" "prefix_scheme = 'posix_prefix'"; fi
    done
    for file in "$lib"/_sysconfigdata_*.py; do
      if [[ ! -L $file ]]; then sed -i -E "s#/usr/(include|lib|bin)#/usr/local/\1#g; s#'prefix': '/usr'#'prefix': '/usr/local'#" "$file"; fi
    done
    rootfs edit "$lib/ensurepip/__init__.py" \
      "^def _ensurepip_is_disabled_in_debian_for_system.*?sys\.exit\(1\)\n" '' '^ +_ensurepip_is_disabled_in_debian_for_system\(\)\n' '' \
      '_PIP_VERSION = "[^"]*"' "_PIP_VERSION = \"$pip\""
    if [[ $setuptools ]]; then
      rootfs edit "$lib/ensurepip/__init__.py" '_SETUPTOOLS_VERSION = "[^"]*"' "_SETUPTOOLS_VERSION = \"$setuptools\""
    fi
    mkdir -p "$lib/site-packages" "$lib/ensurepip/_bundled"
    find wheels -name '*.whl' ! -name 'wheel-*' -exec cp {} "$lib/ensurepip/_bundled" \;
    if [[ -s $machine/pip.conf ]]; then cp "$machine/pip.conf" "$root/etc/pip.conf"; fi
    # uv carries its own certificates; it takes those of the image instead.
    mkdir -p "$root/etc/uv"
    echo 'native-tls = true' >"$root/etc/uv/uv.toml"
  done

  mkdir "root-$native/tmp/wheels"
  cp wheels/*.whl "root-$native/tmp/wheels"
  in_root "root-$native" python3 -c "
import sys
assert f'{sys.version.split()[0]}.'.startswith('$version.'), 'Debian has Python ' + sys.version
assert sys.prefix == '/usr/local'"
  # shellcheck disable=SC2016 # expanded inside
  in_root "root-$native" sh -c \
    'PYTHONPATH=$(echo /tmp/wheels/pip-*.whl) python3 -m pip install -q --root-user-action=ignore --no-compile --no-index /tmp/wheels/*.whl'
  rm -rf "root-$native/tmp/wheels" "root-$native/root/.cache"
  find "root-$native/usr/local/lib/$name" -name __pycache__ -exec rm -rf {} +
  rm -rf "root-$foreign/usr/local/lib/$name/site-packages"
  cp -a "root-$native/usr/local/lib/$name/site-packages" "root-$foreign/usr/local/lib/$name/"
  for file in "root-$native"/usr/local/bin/{pip*,wheel}; do
    if [[ -e $file ]]; then cp -a "$file" "root-$foreign/usr/local/bin/"; fi
  done
  for arch in "$native" "$foreign"; do pack "root-$arch" "$arch" "root-$arch.stamp"; done
}
