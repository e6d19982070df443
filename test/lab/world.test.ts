import { describe, expect, test } from 'vitest'
import { type KernelSettings, refusal, worldCommand, worldEnvironment } from './world.ts'

test('a world is tied to its parent, and a user gets a user namespace too', () => {
  const root = worldCommand(['node', 'x y'], { asUser: false })
  expect(root.file).toBe('setpriv')
  expect(root.args.slice(0, 8)).toEqual([
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
  ])
  expect(root.args.slice(-2)).toEqual(['node', 'x y'])
  const user = worldCommand(['node'], { asUser: true })
  expect(user.args.filter((arg) => !root.args.includes(arg))).toEqual(['--user', '--map-root-user'])
})

test('the environment inside finds ip, keeps temporary files in the world and passes the rest on', () => {
  expect(worldEnvironment('w1', { PATH: '/opt/bin', HOME: '' })).toEqual({
    PATH: '/opt/bin:/usr/sbin:/sbin',
    HOME: '',
    TMPDIR: '/run/tmp',
    PODWAY_WORLD: 'w1',
  })
})

describe('a refusal is one sentence that names the cause:', () => {
  const denied = 'unshare: unshare failed: Operation not permitted\n'
  const cases: readonly (readonly [string, string, boolean, KernelSettings, string])[] = [
    [
      'Debian’s switch',
      denied,
      true,
      { 'kernel/unprivileged_userns_clone': '0' },
      'kernel.unprivileged_userns_clone',
    ],
    [
      'Ubuntu’s AppArmor switch',
      'unshare: write failed /proc/self/uid_map: Operation not permitted\n',
      true,
      { 'kernel/unprivileged_userns_clone': '1', 'kernel/apparmor_restrict_unprivileged_userns': '1' },
      'kernel.apparmor_restrict_unprivileged_userns',
    ],
    [
      'no user namespace allowed',
      'unshare: unshare failed: No space left on device\n',
      true,
      { 'user/max_user_namespaces': '0' },
      'user.max_user_namespaces',
    ],
    ['unknown', denied, true, {}, 'Operation not permitted'],
    ['root in a container', denied, false, {}, 'container'],
    [
      'no unshare',
      'setpriv: failed to execute unshare: No such file or directory\n',
      true,
      {},
      'unshare is missing',
    ],
    ['no ip', 'sh: 9: ip: not found\n', true, {}, 'ip is missing'],
    ['no ip, told by bash', 'sh: line 9: ip: command not found\n', true, {}, 'ip is missing'],
  ]
  test.each(cases)('%s', (_, stderr, asUser, kernel, part) => {
    const sentence = refusal(stderr, { asUser }, kernel)
    expect(sentence).toContain(part)
    expect(sentence).not.toContain('\n')
  })
})
