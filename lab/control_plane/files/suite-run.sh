# Runs commands in a tree, in a mount namespace that ends with this: arguments are the tree, a folder that is seen there as
# /mnt, the folder to run in, and the commands. pip finds what it is asked for in the wheels of /mnt, and asks no index.
set -eu
# The container's user reads all of it.
umask 022
tree=$1 material=$2 folder=$3 commands=$4
mount --make-rprivate /
mount --bind "$material" "$tree/mnt"
mount -t tmpfs tmpfs "$tree/tmp"
mount --rbind /dev "$tree/dev"
exec env -i PATH=/mnt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
  PIP_NO_INDEX=1 PIP_FIND_LINKS=/mnt/wheels PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore \
  chroot "$tree" sh -euc "cd $folder; $commands"
