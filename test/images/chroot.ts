import { spawn } from 'node:child_process'

/**
 * A command inside the files of an image, as a runtime starts it that is told to be strict: as 65532, without any
 * capability, its files read-only but for /tmp. It has the host's network, and a view of processes of its own; when we
 * end, it ends. Needs root.
 *
 * @param rootfs the image's files; what is mounted over them ends with the command
 */
export function spawnInImage(
  rootfs: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): ReturnType<typeof spawn> {
  const script = `
set -e
root=$1
shift
mount --bind "$root" "$root"
for folder in proc dev; do mkdir -p "$root/$folder"; done
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero urandom random; do : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -o remount,bind,ro "$root"
exec setpriv --bounding-set=-all,+setuid,+setgid,+sys_chroot --inh-caps=-all --no-new-privs chroot --userspec=65532:65532 "$root" "$@"
`
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, 'sh']
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...unshare, rootfs, ...command], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
