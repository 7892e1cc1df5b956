# Run once in a tree of all nodes' common layers, to make a flavour of it. Arguments: the package manager it has, and
# the program that /bin/sh is. Its material is in /mnt.
set -eu
manager=$1 shell=$2
packages=/usr/lib/lab/packages

cp -R --no-preserve=ownership /mnt/tree/. /
# The kernel's interfaces and disks are shown in these: they must be empty.
rm /usr/lib/lab/seen/sys/class/*/.keep
for module in /usr/lib/lab/seen/sys/module/*; do mkdir "$module/holders"; done
ln -sf "$shell" /bin/sh
mkdir $packages

if [ "$manager" = rpm ]; then
  rpmbuild -bb --quiet --define '_topdir /tmp/build' --define '_build_name_fmt %%{NAME}.rpm' \
    --define "_rpmdir $packages" /mnt/lab.spec
  rpm --initdb
  while read -r name; do
    rpm -i --nodeps "$packages/$name.rpm"
    rm "$packages/$name.rpm"
  done </mnt/installed
  rm -rf /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg* /usr/bin/deb* /var/lib/dpkg /var/lib/apt /var/cache/apt \
    /var/cache/debconf /etc/apt /etc/dpkg /etc/debian_version /usr/share/dpkg /usr/lib/apt /usr/lib/dpkg
else
  for folder in /mnt/debs/*; do
    dpkg-deb --root-owner-group --build "$folder" "$packages" >/dev/null
  done
  # dpkg-deb names files by package, version and architecture.
  for file in $packages/*.deb; do mv "$file" "${file%%_*}.deb"; done
  while read -r name; do
    dpkg --install "$packages/$name.deb" >/dev/null
    rm "$packages/$name.deb"
  done </mnt/installed
  dpkg --purge --force-depends rpm rpm2cpio rpm-common >/dev/null
fi
