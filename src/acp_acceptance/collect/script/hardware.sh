# Processors and memory.

section_cpu() {
  brief cpuinfo grep -E '^(processor|model name|Model Name|Hardware|CPU implementer|CPU part)' /proc/cpuinfo
}

section_frequency() {
  for path in /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor; do
    if [ -e "$path" ]; then
      brief governors sort -u /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor
      break
    fi
  done
  for path in /sys/devices/system/cpu/cpu0/cpufreq/base_frequency /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq; do
    if [ -e "$path" ]; then line "cpufreq:$path" "$path"; fi
  done
  brief cpuinfo grep -E -m 4 '^(model name|cpu MHz)' /proc/cpuinfo
  brief dmidecode dmidecode -t processor
}

section_overcommit() {
  line stat /proc/stat
  brief vmstat grep '^balloon_' /proc/vmstat
}

# Its first line has what the kernel has to give.
section_memory() { line meminfo /proc/meminfo; }
