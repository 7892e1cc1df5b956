# Names, addresses, time, who listens, and what tells this node from others.

section_hostname() {
  file hostname /proc/sys/kernel/hostname
  file at-boot /etc/hostname
}

section_hosts() { file hosts /etc/hosts; }

section_interfaces() {
  command_ addresses ip -o address show
  command_ routes ip route show
  command_ routes6 ip -6 route show
}

section_timezone() {
  command_ localtime readlink -f /etc/localtime
  command_ rule tail -n 1 /etc/localtime
  command_ now date '+%Z %z'
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
  command_ sshd sshd -T
  files file /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
}

section_identity() {
  file machine-id /etc/machine-id
  file product-uuid /sys/class/dmi/id/product_uuid
  for path in /sys/class/net/*/address; do
    interface=${path%/address}
    if [ -e "$path" ]; then file "mac:${interface##*/}" "$path"; fi
  done
}

section_links() {
  file route /proc/net/route
  file route6 /proc/net/ipv6_route
  # What an interface does not know is an error to read; the others are read all the same.
  command_ attributes grep -s . /sys/class/net/*/speed /sys/class/net/*/mtu /sys/class/net/*/operstate
}
