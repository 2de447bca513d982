# shellcheck shell=bash disable=SC2154 # variables that docker/bases gives
# nginx: Debian's, with the user, the folders and the settings of the official image

layer_seconds+=([nginx]=25 [nginx-1-30]=25 [nginx-unprivileged]=2)

layer_nginx() {
  local arch root
  install_on_debian nginx ca-certificates curl gettext-base
  for arch in "$native" "$foreign"; do
    root=root-$arch
    rm -rf "$root"/etc/nginx/{conf.d,sites-*,snippets,modules-*} "$root"/etc/nginx/nginx.conf \
      "$root/usr/share/nginx/html" "$root"/var/{www,lib/nginx} "$root/etc/logrotate.d/nginx"
    cp -r "$here/bases.d/nginx/." "$root"
    rm "$root/docker-entrypoint.d/.keep"
    echo 'nginx:x:101:101:nginx user:/nonexistent:/bin/false' >>"$root/etc/passwd"
    echo 'nginx:x:101:' >>"$root/etc/group"
    echo 'nginx:!:19700::::::' >>"$root/etc/shadow"
    echo 'nginx:!::' >>"$root/etc/gshadow"
    # Debian's nginx keeps what it receives in /var/lib/nginx.
    mkdir -p "$root/var/cache/nginx" "$root/var/log/nginx"
    ln -s ../cache/nginx "$root/var/lib/nginx"
    ln -sf /dev/stdout "$root/var/log/nginx/access.log"
    ln -sf /dev/stderr "$root/var/log/nginx/error.log"
    pack "$root" "$arch" "$root.stamp"
  done
}

layer_nginx-1-30() {
  on_forky
  layer_nginx
}

# What nginxinc/nginx-unprivileged changes, so that user 101 can run it.
layer_nginx-unprivileged() {
  local arch root
  for arch in "$native" "$foreign"; do
    root=root-$arch
    mkdir -p "$root"/var/cache/nginx "$root"/etc/nginx
    sed -e '/^user /d' -e 's#^pid .*#pid /tmp/nginx.pid;#' \
      -e 's#^http {#&\n    client_body_temp_path /tmp/client_temp;\n    proxy_temp_path /tmp/proxy_temp;\n    fastcgi_temp_path /tmp/fastcgi_temp;\n    uwsgi_temp_path /tmp/uwsgi_temp;\n    scgi_temp_path /tmp/scgi_temp;#' \
      "$here/bases.d/nginx/etc/nginx/nginx.conf" >"$root/etc/nginx/nginx.conf"
    cp -r "$here/bases.d/nginx-unprivileged/." "$root"
    chown -R 101:0 "$root/etc/nginx" "$root/var/cache/nginx"
    chmod -R g+w "$root/etc/nginx" "$root/var/cache/nginx"
    pack "$root" "$arch"
  done
}
