#!/usr/bin/env bash
# deb.sh: a Debian package from what `make` built, as build/scrim_VERSION_ARCH.deb.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" meson.build | head -n 1)
architecture=$(dpkg --print-architecture)
stage=build/deb
rm -rf "$stage"
DESTDIR=$PWD/$stage PREFIX=/usr UNITDIR=/lib/systemd/system tools/install.sh
install -D -m 644 packaging/debian/copyright "$stage/usr/share/doc/scrim/copyright"
install -d "$stage/DEBIAN"
install -m 755 packaging/debian/postinst packaging/debian/postrm "$stage/DEBIAN/"

# dpkg-shlibdeps wants a source package around it: a debian/control in the directory it runs in.
mkdir -p "$stage.shlibs/debian"
echo "Source: scrim" >"$stage.shlibs/debian/control"
libraries=$(cd "$stage.shlibs" && dpkg-shlibdeps -O "../deb/usr/lib/scrim/bin"/* 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[[ -n $libraries ]] || { echo "dpkg-shlibdeps found no libraries" >&2; exit 1; }
rm -r "$stage.shlibs"

sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@SHLIBS@|$libraries|" \
    -e "s|@SIZE@|$(du -sk "$stage" | cut -f1)|" packaging/debian/control.in >"$stage/DEBIAN/control"
package=build/scrim_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$package"
