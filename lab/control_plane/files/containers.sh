# Run once in the Debian that all nodes are made of: unpacks what runs containers, and the load balancer, from Debian's
# packages. They are not installed: a node's package database does not know them, as where ACP brings its own.
set -eu
options="-o Dir::State::lists=/tmp/lists -o Dir::Cache=/tmp/cache -o APT::Sandbox::User=root"
mkdir -p /tmp/lists/partial /tmp/cache/archives/partial /tmp/unpacked
if [ -s /mnt/proxies ]; then
  while read -r name value; do export "$name=$value"; done </mnt/proxies
fi
# shellcheck disable=SC2086 - options and packages are words
apt-get -qq $options update
# shellcheck disable=SC2046,SC2086
apt-get -qq $options install --no-install-recommends --download-only -y $(cat /mnt/packages) >/dev/null
for package in /tmp/cache/archives/*.deb; do dpkg-deb -x "$package" /tmp/unpacked; done
rm -rf /tmp/unpacked/usr/share/doc /tmp/unpacked/usr/share/man /tmp/unpacked/usr/share/locale
for folder in bin sbin lib; do
  [ ! -d "/tmp/unpacked/$folder" ] || cp -a "/tmp/unpacked/$folder/." "/usr/$folder/"
done
cp -a /tmp/unpacked/usr/. /usr/
