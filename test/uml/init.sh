# The first process of a guest, sourced by a script that sets node, busybox, modules and wanted, and the program with its arguments.
# Its root is the host's, by hostfs and read-only: whatever is written goes to file systems in memory.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 run /run
mkdir /run/netns
mkdir -m 1777 /run/tmp
export TMPDIR=/run/tmp HOME=/run/tmp PODWAY_BUSYBOX="$busybox"

# modprobe would look where the host's modules are. modules.dep names what a module needs, the nearest first.
for name in $wanted; do
  line=$(grep "/$name\.ko:" "$modules/modules.dep")
  files=${line%%:*}
  for needed in ${line#*:}; do files="$needed $files"; done
  for file in $files; do "$busybox" insmod "$modules/$file" 2>/dev/null; done
  grep -q "^$name " /proc/modules || echo "module $name could not be loaded"
done

ip link set lo up
"$node" "$@"
"$busybox" poweroff -f
