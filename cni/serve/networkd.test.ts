import { expect, test } from 'vitest'
import { MemoryFiles } from '../testing/memory-system.ts'
import { inspectNetworkd } from './networkd.ts'

const runs = '/run/systemd/netif/links'
const etc = '/etc/systemd/networkd.conf'
const no = '[Network]\nManageForeignRoutes=no\n'
const yes = '[Network]\nManageForeignRoutes=yes\n'

const cases: readonly {
  readonly name: string
  readonly runs?: false
  readonly files?: Readonly<Record<string, string>>
  readonly says: ReturnType<typeof inspectNetworkd>
}[] = [
  { name: 'it does not run', runs: false, files: { [etc]: yes }, says: 'absent' },
  // https://github.com/systemd/systemd/issues/25451, https://github.com/kubernetes/kops/issues/17438
  { name: 'nothing is said: it removes them', says: 'removes' },
  { name: 'the main file says no', files: { [etc]: no }, says: 'keeps' },
  { name: 'a vendor’s main file says no', files: { '/usr/lib/systemd/networkd.conf': no }, says: 'keeps' },
  {
    name: 'the administrator’s main file hides the vendor’s',
    files: { '/usr/lib/systemd/networkd.conf': no, [etc]: '[Network]\n' },
    says: 'removes',
  },
  { name: 'a drop-in says no', files: { [`${etc}.d/10-routes.conf`]: no }, says: 'keeps' },
  {
    name: 'of two drop-ins the last by name counts, wherever it is',
    files: { [`${etc}.d/10-routes.conf`]: no, '/usr/lib/systemd/networkd.conf.d/20-vendor.conf': yes },
    says: 'removes',
  },
  {
    name: 'of two drop-ins of one name the administrator’s counts',
    files: { [`${etc}.d/10-routes.conf`]: no, '/usr/lib/systemd/networkd.conf.d/10-routes.conf': yes },
    says: 'keeps',
  },
  { name: 'what is no .conf is not read', files: { [`${etc}.d/10-routes.conf.bak`]: no }, says: 'removes' },
  { name: 'another section', files: { [etc]: '[DHCPv4]\nManageForeignRoutes=no\n' }, says: 'removes' },
  { name: 'a comment', files: { [etc]: '[Network]\n#ManageForeignRoutes=no\n' }, says: 'removes' },
  {
    name: 'blanks, another spelling, other settings',
    files: { [etc]: '# ours\n [Network]\nSpeedMeter=no\n ManageForeignRoutes = FALSE \n' },
    says: 'keeps',
  },
  {
    name: 'what is neither yes nor no',
    files: { [etc]: '[Network]\nManageForeignRoutes=maybe' },
    says: 'removes',
  },
]

test.each(cases)('systemd-networkd: $name', ({ files = {}, runs: isRunning = true, says }) => {
  const memory = new MemoryFiles()
  if (isRunning) memory.folders.add(runs)
  for (const [path, text] of Object.entries(files)) {
    memory.folders.add(path.slice(0, path.lastIndexOf('/')))
    memory.contents.set(path, text)
  }
  expect(inspectNetworkd(memory)).toBe(says)
})
