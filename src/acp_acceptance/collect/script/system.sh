# The operating system: its kernel, how it boots, modules, swap.

section_os() {
  file os-release /etc/os-release
  file centos-release /etc/centos-release
}

section_kernel() {
  line osrelease /proc/sys/kernel/osrelease
  brief machine uname -m
}

section_boot() {
  files file /etc/default/grub /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg \
    /boot/grub/grubenv /boot/grub2/grubenv /boot/loader/entries/*.conf
}

section_hugepages() { line enabled /sys/kernel/mm/transparent_hugepage/enabled; }

section_modules() {
  # Every loaded module has a folder there, and built-in ones that have parameters.
  brief sys-module ls /sys/module
  read -r release </proc/sys/kernel/osrelease
  file builtin "/lib/modules/$release/modules.builtin"
  # A module that could be loaded, what is loaded at boot, and what is refused.
  brief ipip grep -o '/ipip\.ko' "/lib/modules/$release/modules.dep"
  command_ at-boot grep -hsv '^ *[#;]' /etc/modules /etc/modules-load.d/*.conf /run/modules-load.d/*.conf \
    /usr/lib/modules-load.d/*.conf
  command_ refused grep -rhsE '^ *(blacklist|install) ' /etc/modprobe.d /run/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d
}

section_swap() {
  file proc-swaps /proc/swaps
  file fstab /etc/fstab
  brief systemctl systemctl list-unit-files --type=swap --no-legend --no-pager
  files zram /etc/systemd/zram-generator.conf /etc/systemd/zram-generator.conf.d/*.conf \
    /usr/lib/systemd/zram-generator.conf
}
