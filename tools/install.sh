#!/usr/bin/env bash
# install.sh: copies what `make` built to DESTDIR/PREFIX. The programs stand together in lib/scrim/bin,
# with page and models where they look for them beside it; `scrim` itself is on the path.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
library=lib/scrim
units=${DESTDIR:-}${UNITDIR:-$prefix/lib/systemd/system}
veil_units=8 # scrim-veil-0@ … scrim-veil-7@, enabled as a site needs them

[[ -x build/bin/scrimd && -s build/web/index.html ]] || { echo "nothing built yet: run make" >&2; exit 1; }

install -d "$root/bin" "$root/$library/bin" "$root/share/scrim/models" "$units" "$root/lib/sysusers.d"
for program in scrim scrim-keeper scrim-recorder scrim-veil scrimd scrim-oidc scrim-opener; do
    install -s -m 755 "build/bin/$program" "$root/$library/bin/"
done
ln -sfn "../$library/bin/scrim" "$root/bin/scrim"
install -m 644 build/models/*.nvm "$root/share/scrim/models/"
rm -rf "$root/share/scrim/web"
cp -r --no-preserve=ownership build/web "$root/share/scrim/web"
for data in models web; do
    ln -sfn "../../share/scrim/$data" "$root/$library/$data"
done

rm -rf "$root/share/doc/scrim"
install -d "$root/share/doc/scrim"
cp -r --no-preserve=ownership README.md ARCHITECTURE.md SECURITY.md docs/guide docs/ref docs/design "$root/share/doc/scrim/"

install -m 755 packaging/systemd/own-site "$root/$library/"
install -m 644 packaging/systemd/scrim.sysusers "$root/lib/sysusers.d/scrim.conf"
install -m 644 packaging/systemd/*.socket packaging/systemd/*.path "$units/"
for unit in packaging/systemd/*.in; do
    name=$(basename "$unit" .in)
    sed -e "s|@LIBDIR@|$prefix/$library|" -e "s|@DOCDIR@|$prefix/share/doc/scrim|" "$unit" >"$units/$name"
    chmod 644 "$units/$name"
done
mv "$units/scrim-veil@.service" "$units/scrim-veil-0@.service"
for ((worker = 1; worker < veil_units; worker++)); do
    ln -sfn scrim-veil-0@.service "$units/scrim-veil-$worker@.service"
done
