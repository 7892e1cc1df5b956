# Builds a layer over others, in a mount namespace that ends with this: arguments are the layers below (":" between),
# the layer, the workshop's folder, and the script of its material to run in the tree, with arguments.
set -eu
below=$1 layer=$2 workshop=$3 script=$4
shift 4

mount --make-rprivate /
root=$workshop/root
mount -t overlay overlay -o "lowerdir=$below,upperdir=$layer,workdir=$workshop/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for folder in run tmp mnt; do mount -t tmpfs tmpfs "$root/$folder"; done
cp -R "$workshop/material/." "$root/mnt"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C DEBIAN_FRONTEND=noninteractive \
  chroot "$root" sh "/mnt/$script" "$@"
