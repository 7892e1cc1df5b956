# Run once in the Debian that all nodes are made of: makes a smaller one in /tree, of some packages and what they need.
# They are unpacked, not installed: what their scripts would do, and a container needs, is done below.
set -eu
# The container's user reads all of it.
umask 022
options="-o Dir::State::lists=/tmp/lists -o Dir::State::status=/tmp/status -o Dir::Cache=/tmp/cache -o APT::Sandbox::User=root"
mkdir -p /tmp/lists/partial /tmp/cache/archives/partial /tree
# No package is there yet.
: >/tmp/status
if [ -s /mnt/proxies ]; then
  while read -r name value; do export "$name=$value"; done </mnt/proxies
fi
# shellcheck disable=SC2086 - options and packages are words
apt-get -qq $options update
# shellcheck disable=SC2046,SC2086
apt-get -qq $options install --no-install-recommends --download-only -y $(cat /mnt/packages) >/dev/null
for folder in bin sbin lib lib64; do
  mkdir -p "/tree/usr/$folder"
  ln -s "usr/$folder" "/tree/$folder"
done
for package in /tmp/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C /tree
done
mkdir -p /tree/mnt /tree/proc /tree/sys /tree/dev /tree/run /tree/tmp
chmod 1777 /tree/tmp
for name in passwd group; do cp "/tree/usr/share/base-passwd/$name.master" "/tree/etc/$name"; done
cp /tree/usr/share/libc-bin/nsswitch.conf /tree/etc/nsswitch.conf
rm -rf /tree/usr/share/doc /tree/usr/share/man /tree/usr/share/locale
