# Run once in a flavour's tree, to make of Debian what the flavour shows: $1 is the package manager it has.
set -eu

if [ "$1" = rpm ]; then
  rm -rf /usr/lib/sysimage/rpm /var/lib/rpm
  mkdir -p /var/lib/rpm /etc/rpm
  # Where Red Hat keeps its database; Debian's rpm would use the home folder.
  echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros.lab
  rpm --initdb
  for package in kernel-core bash openssh-server systemd coreutils iproute tar util-linux; do
    rpm -i --nodeps "/opt/lab-packages/$package.rpm"
  done
  rm -f /usr/bin/dpkg* /usr/bin/apt* /etc/debian_version
  rm -rf /var/lib/dpkg /var/lib/apt /etc/apt
else
  # Tools of the lab that an Ubuntu has not.
  rm -f /usr/bin/rpm* /usr/lib/rpm/rpm*
fi

chmod +x /usr/bin/systemctl
mkdir -p /etc/lab/systemd /run/sshd /root/.ssh
: >/etc/lab/systemd/unit-files
rm -f /etc/ssh/ssh_host_*
cat >/etc/ssh/sshd_config <<'CONFIG'
Include /etc/ssh/sshd_config.d/*.conf
UseDNS no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication yes
KbdInteractiveAuthentication no
PrintMotd yes
PrintLastLog no
MaxStartups 100
AllowTcpForwarding yes
HostKey /etc/ssh/ssh_host_ed25519_key
Subsystem sftp internal-sftp
CONFIG
mkdir -p /etc/ssh/sshd_config.d
echo '127.0.0.1 localhost' >/etc/hosts
: >/etc/motd
: >/etc/fstab

# Users: who may become root, and how.
for user in acp acp-password acp-nosudo acp-sshpass; do useradd -m -s /bin/bash "$user"; done
useradd -m -s /bin/tcsh acp-csh
useradd -m -s /bin/bash acp-printing
useradd -m -s /usr/sbin/nologin acp-nologin
# Without PAM, sshd takes "!" for a locked account; "*" is one without a password.
for user in acp acp-password acp-nosudo acp-sshpass acp-csh acp-printing acp-nologin; do usermod -p '*' "$user"; done
for user in acp acp-csh acp-printing acp-sshpass; do echo "$user ALL=(ALL) NOPASSWD: ALL"; done >/etc/sudoers.d/lab
echo 'acp-password ALL=(ALL) ALL' >>/etc/sudoers.d/lab
chmod 440 /etc/sudoers.d/lab
printf 'printf "hello from a login script \\033[31m\\377\\n"\n' >/home/acp-printing/.bashrc
cp /home/acp-printing/.bashrc /home/acp-printing/.profile
