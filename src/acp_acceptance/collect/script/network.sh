# Names, addresses, time, who listens, and what tells this node from others.

section_hostname() {
  line hostname /proc/sys/kernel/hostname
  file at-boot /etc/hostname
}

section_hosts() { file hosts /etc/hosts; }

section_interfaces() {
  brief addresses ip -o address show
  command_ routes ip route show
  command_ routes6 ip -6 route show
}

section_timezone() {
  brief localtime readlink -f /etc/localtime
  brief rule tail -n 1 /etc/localtime
  brief now date '+%Z %z'
}

section_resolver() {
  # A dangling link gives no configuration: it counts as absent.
  if [ -e /etc/resolv.conf ]; then file resolv-conf /etc/resolv.conf; else mark "absent resolv-conf"; fi
}

section_listeners() {
  if command -v ss >/dev/null 2>&1; then
    command_ ss ss -lntup
  else
    for table in tcp tcp6 udp udp6; do
      if [ -e "/proc/net/$table" ]; then file "net:$table" "/proc/net/$table"; fi
    done
  fi
}

section_sshd() {
  brief sshd sshd -T
  files file /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
}

section_identity() {
  line machine-id /etc/machine-id
  line product-uuid /sys/class/dmi/id/product_uuid
  for path in /sys/class/net/*/address; do
    interface=${path%/address}
    if [ -e "$path" ]; then line "mac:${interface##*/}" "$path"; fi
  done
}

section_links() {
  file route /proc/net/route
  file route6 /proc/net/ipv6_route
  # What an interface does not know is an error to read; the others are read all the same.
  brief attributes grep -s . /sys/class/net/*/speed /sys/class/net/*/mtu /sys/class/net/*/operstate
}
