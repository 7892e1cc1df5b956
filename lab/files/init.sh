# The first process of a lab node, in namespaces of its own (mount, network, pid, hostname). Arguments: the node's
# folder and its layers, topmost first, with ":" between. It builds the node's root, waits for its network, seeds
# its faults, and becomes sshd.
set -eu
folder=$1
layers=$2

mount --make-rprivate /
mount -t tmpfs -o size=512m tmpfs "$folder/mnt"
cd "$folder/mnt"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$PWD/upper,workdir=$PWD/work" root
cp -a "$folder/overlay/." root/
cd root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p run/sshd run/lab
mount -t tmpfs tmpfs tmp
pivot_root . mnt
umount -l /mnt

# What the kernel would say of itself on this system: files over its own.
cp -a /lab/. /run/lab/
while read -r name path; do
  if [ -e "$path" ]; then mount --bind "/run/lab/$name" "$path"; fi
done </run/lab/mounts
mount -t tmpfs tmpfs /sys/module
for module in $(cat /run/lab/modules); do mkdir "/sys/module/$module"; done
hostname "$(cat /run/lab/hostname)"

# In its own namespaces now: only from here on may anyone plug in its network.
echo plug
read -r network
for fault in /run/lab/faults/*; do
  if [ -e "$fault" ]; then sh "$fault" || echo "fault $fault failed" >&2; fi
done
if [ ! -e /run/lab/no-sshd ]; then /usr/sbin/sshd -E /var/log/sshd.log || echo "sshd did not start" >&2; fi
echo ready
exec </dev/null >/dev/null 2>/var/log/init.log
# Whatever becomes of sshd, the node stays.
while :; do
  sleep 3600 &
  wait $! || true
done
