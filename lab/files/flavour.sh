# Run once in a tree of all nodes' common layers, to make a flavour of it. Arguments: the package manager it has, and
# the program that /bin/sh is, and the machine's hardware name. Its material is in /mnt.
set -eu
manager=$1 shell=$2 machine=$3
packages=/usr/lib/lab/packages

cp -R --no-preserve=ownership /mnt/tree/. /
# The kernel's interfaces and disks are shown in these: they must be empty.
rm /usr/lib/lab/seen/sys/class/*/.keep
for module in /usr/lib/lab/seen/sys/module/*; do mkdir "$module/holders"; done
ln -sf "$shell" /bin/sh
echo "$machine" >/usr/lib/lab/machine
cat /mnt/units >>/etc/lab/systemd/units
cat /mnt/manager >/etc/lab/systemd/manager
mkdir $packages

if [ "$manager" = rpm ]; then
  rpmbuild -bb --quiet --target "$machine" --define '_topdir /tmp/build' --define '_build_name_fmt %%{NAME}.rpm' \
    --define "_rpmdir $packages" /mnt/lab.spec
  rpm --initdb
  # The names of files have no spaces: one call for all of them.
  # shellcheck disable=SC2046
  set -- $(sed "s|.*|$packages/&.rpm|" /mnt/installed)
  rpm -i --nodeps --ignorearch "$@"
  rm "$@"
  install -m 755 /mnt/getenforce /usr/sbin/
  echo Disabled >/etc/lab/selinux
  rm -rf /etc/timezone /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg* /usr/bin/deb* /var/lib/dpkg /var/lib/apt /var/cache/apt \
    /var/cache/debconf /etc/apt /etc/dpkg /etc/debian_version /usr/share/dpkg /usr/lib/apt /usr/lib/dpkg
else
  for folder in /mnt/debs/*; do
    dpkg-deb --root-owner-group --build "$folder" "$packages" >/dev/null
  done
  # dpkg-deb names files by package, version and architecture.
  for file in $packages/*.deb; do mv "$file" "${file%%_*}.deb"; done
  # shellcheck disable=SC2046
  set -- $(sed "s|.*|$packages/&.deb|" /mnt/installed)
  # What is below is Debian, whose libraries refuse some of the versions that others have.
  dpkg --install --force-breaks "$@" >/dev/null
  rm "$@"
  dpkg --purge --force-depends rpm rpm2cpio rpm-common >/dev/null
fi
