# Processors and memory.

section_cpu() {
  command_ cpuinfo grep -E '^(processor|model name|Model Name|Hardware|CPU implementer|CPU part)' /proc/cpuinfo
}

section_frequency() {
  for path in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do
    if [ -e "$path" ]; then
      command_ governors sort -u /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor
      break
    fi
  done
  files cpufreq /sys/devices/system/cpu/cpu0/cpufreq/base_frequency /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq
  command_ cpuinfo grep -E -m 4 '^(model name|cpu MHz)' /proc/cpuinfo
  command_ dmidecode dmidecode -t processor
}

section_overcommit() {
  command_ stat grep '^cpu ' /proc/stat
  command_ vmstat grep '^balloon_' /proc/vmstat
}

section_memory() { file meminfo /proc/meminfo; }
