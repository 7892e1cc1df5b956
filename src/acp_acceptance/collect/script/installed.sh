# What is asked for by itself only, of an installed cluster.

# To reach its API: what it holds is used and not kept.
section_admin_conf() { file admin_conf /etc/kubernetes/admin.conf; }

# On its installer node: the names of containers, running or not.
section_installer() {
  command_ crictl crictl ps -a --name minialauda-control-plane -o json
  nerdctl=nerdctl
  if ! command -v nerdctl >/dev/null 2>&1 && [ -x /opt/nerdctl/bin/nerdctl ]; then
    nerdctl=/opt/nerdctl/bin/nerdctl
  fi
  command_ nerdctl "$nerdctl" ps -a --format '{{.Names}}'
  command_ nerdctl-k8s "$nerdctl" --namespace k8s.io ps -a --format '{{.Names}}'
  command_ docker docker ps -a --format '{{.Names}}'
}
