# Run once in the Debian that all nodes are made of: users, sshd, and programs that stand for others. Its material is in
# /mnt.
set -eu
lab=/usr/lib/lab
mkdir -p $lab /etc/lab/systemd /etc/rpm

install -m 755 /mnt/init /mnt/replace /mnt/reload-sshd /mnt/on-login $lab/
mv /usr/bin/uname $lab/uname
# In the places of the real ones.
install -m 755 /mnt/uname /mnt/systemctl /usr/bin/
printf '#!/bin/sh\nexec uname -m\n' >/usr/bin/arch
install -m 644 /mnt/units /etc/lab/systemd/

rm -f /etc/ssh/ssh_host_* /etc/machine-id /etc/hostname
install -m 644 /mnt/sshd_config /etc/ssh/sshd_config
mkdir -p /etc/ssh/sshd_config.d
ln -sf ../usr/share/zoneinfo/Etc/UTC /etc/localtime
echo Etc/UTC >/etc/timezone
sed -i 's/^#*DefaultTasksMax=.*/DefaultTasksMax=infinity/' /etc/systemd/system.conf
grep -q '^DefaultTasksMax=infinity$' /etc/systemd/system.conf
: >/etc/motd
printf '%%_dbpath /var/lib/rpm\n' >/etc/rpm/macros

# The password column without a password is "*": "!" is a locked account, which sshd refuses where PAM is not used.
while IFS='|' read -r name number shell hash sudo; do
  useradd -m -u "$number" -s "$shell" -p "$hash" "$name"
  install -d -m 700 -o "$name" -g "$name" "/home/$name/.ssh"
  if [ -n "$sudo" ]; then echo "$name $sudo" >>/etc/sudoers.d/lab; fi
done </mnt/users
chmod 440 /etc/sudoers.d/lab
install -d -m 700 /root/.ssh
usermod -p '*' root

# Prints at each login, for commands as well, what no program should take for a command's output.
for file in .bashrc .profile; do
  printf 'printf "hello from %s \\033[31m\\377\\n"\n' "$file" >"/home/acp-printing/$file"
done
