# The platform's Core Package, on the installer node only: the others are told no folder.

section_package() {
  if [ -z "${package_folder:-}" ]; then mark "absent folder"; return; fi
  command_ folder ls -dn "$package_folder"
  if [ -n "$package_file" ]; then command_ file ls -dn "$package_file"; fi
  command_ files package_files
  command_ unpacked package_unpacked
  command_ extensions package_extensions
}

# The proof reads the whole package, some 20 GB: only where the inventory gives something to compare it with.
section_package_proof() {
  core=$(package_core)
  if [ -z "$core" ]; then mark "absent core"; fi
  if [ -n "$core" ] && [ -n "${package_digest:-}" ]; then
    command_ checksum "$package_digest" "$core"
  fi
  if [ -n "$core" ] && [ -n "${package_signature:-}" ] && [ -n "${package_keyring:-}" ]; then
    command_ signature package_verified "$core"
  fi
}

package_files() {
  for path in "$package_file" "$package_folder"/installer-*.tar "${package_folder%/*}"/installer-*.tar; do
    if [ -n "$path" ] && [ -f "$path" ]; then stat -c '%s %n' "$path"; fi
  done
}

# The named file, or the only one that is called like a Core Package.
package_core() {
  if [ -n "${package_file:-}" ]; then
    if [ -f "$package_file" ]; then echo "$package_file"; fi
  elif [ -n "${package_folder:-}" ]; then
    package_files | sed -n 's,^[0-9]* \(.*/installer-core-[^/]*\)$,\1,p' | sort -u |
      { IFS= read -r path && ! IFS= read -r another && echo "$path"; }
  fi
}

package_unpacked() {
  for path in "$package_folder/installer/setup.sh" "$package_folder/installer/res"; do
    if [ -e "$path" ]; then echo "$path"; fi
  done
}

# Of each package of extensions: how many of its first files are there, unpacked beside the Core Package's.
package_extensions() {
  package_files | sed -n 's,^[0-9]* \(.*/installer-extensions-[^/]*\)$,\1,p' | sort -u | while IFS= read -r path; do
    tar -tf "$path" 2>/dev/null | grep -v '/$' | head -n 20 | {
      found=0 looked=0
      while IFS= read -r name; do
        looked=$((looked + 1))
        if [ -e "$package_folder/$name" ]; then found=$((found + 1)); fi
      done
      echo "$found $looked $path"
    }
  done
}

package_verified() {
  # Its exit status says whether the signature is good; that it is not must not look as if it could not be read.
  gpgv --keyring "$package_keyring" "$package_signature" "$1" 2>&1
  echo "status $?"
}
