import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leftovers, otherProcesses, snapshotMachine } from './leftovers.ts'
import { Machine } from './machine.ts'
import { connectPlainPod } from './plain-pod.ts'
import { Prober, describeResult, probeMatrix } from './probe.ts'
import { podAddresses } from './testing/sample-pods.ts'

const proberFile = `${import.meta.dirname}/prober.ts`

let one: Machine
let two: Machine

beforeEach(async () => {
  ;[one, two] = await Promise.all([Machine.boot('one'), Machine.boot('two')])
})

afterEach(() => Promise.all([one.remove(), two.remove()]))

const shell = async (machine: Machine, script: string, stdin = ''): Promise<string> => {
  const { code, stdout, stderr } = await machine.exec(['sh', '-c', script], { stdin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('a machine starts as a fresh one: loopback and nothing else, forwarding off', async () => {
  expect(await shell(one, 'ip -o link | wc -l')).toBe('1\n')
  expect(await shell(one, 'ip -o addr show lo | wc -l')).toBe('2\n')
  expect(await shell(one, 'cd /proc/sys/net; cat ipv4/ip_forward ipv6/conf/all/forwarding')).toBe('0\n0\n')
})

test('forwarding that one machine turns on stays off on the other', async () => {
  await shell(one, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  expect(await shell(two, 'cat /proc/sys/net/ipv4/ip_forward')).toBe('0\n')
})

test('a program gets its input, environment and exit code', async () => {
  const finished = await one.exec(['sh', '-c', 'cat; echo "$CNI_COMMAND" >&2; exit 3'], {
    stdin: '{"cniVersion":"1.1.0"}',
    env: { PATH: process.env.PATH, CNI_COMMAND: 'ADD' },
  })
  expect(finished).toEqual({ code: 3, stdout: '{"cniVersion":"1.1.0"}', stderr: 'ADD\n' })
})

test('machines share neither IPAM files nor pod namespaces, and leave none on the host', async () => {
  await shell(one, 'mkdir -p /var/lib/cni/networks/net && touch /var/lib/cni/networks/net/10.244.1.2')
  await one.createPodNamespace('pod')
  expect(await shell(two, 'test ! -e /var/lib/cni; ls /run/netns')).toBe('')
  expect(existsSync('/var/lib/cni/networks/net')).toBe(false)
  expect(existsSync('/run/netns/pod')).toBe(false)
})

test('what else lies under /var/lib stays reachable', async () => {
  expect(await shell(one, 'ls /var/lib/ | head -1')).not.toBe('')
  const [first = ''] = (await shell(one, 'ls -d /var/lib/*/')).split('\n')
  await shell(one, `ls ${first}`)
})

test('a pod namespace has loopback up and is entered by its name on the machine', async () => {
  expect(await one.createPodNamespace('pod')).toBe('/run/netns/pod')
  const { stdout } = await one.exec(['ip', '-o', 'addr'], { pod: 'pod' })
  expect(stdout).toContain('127.0.0.1/8')
  await one.deletePodNamespace('pod')
  expect((await one.exec(['true'], { pod: 'pod' })).code).not.toBe(0)
})

test('the name of a running machine is taken', async () => {
  await expect(Machine.boot('one')).rejects.toThrow('File exists')
  expect(await shell(one, 'ip -o link | wc -l')).toBe('1\n')
})

test('what a pod leaves on its machine is found, and is gone when the pod is', async () => {
  const before = [await snapshotMachine(one)]
  await connectPlainPod(one, 'pod', podAddresses('a1'))
  await shell(one, 'mkdir -p /var/lib/cni/networks/net; cd /var/lib/cni/networks/net; touch lock 10.244.1.2')
  await shell(one, 'ip rule add pref 5 from 10.244.1.2 lookup 5; ip route add blackhole 10.9.0.0/16 table 5')
  const found = leftovers(before, [await snapshotMachine(one)])
  expect(found.filter((line) => !line.includes('fe80::'))).toEqual([
    'one: left behind: interface vpod',
    'one: left behind: address 10.244.1.1/32 on vpod',
    'one: left behind: address fd00:10:244:1::1/128 on vpod',
    'one: left behind: IPv4 route blackhole 10.9.0.0/16 table 5',
    'one: left behind: IPv4 route 10.244.1.2 dev vpod scope link',
    'one: left behind: IPv6 route fd00:10:244:1::1 dev vpod proto kernel metric 256 pref medium',
    'one: left behind: IPv6 route fd00:10:244:1::2 dev vpod metric 1024 pref medium',
    'one: left behind: IPv4 rule 5: from 10.244.1.2 lookup 5',
    'one: left behind: pod namespace pod',
    'one: left behind: file /var/lib/cni/networks/net/10.244.1.2',
  ])
  await shell(
    one,
    'ip link del vpod; ip rule del pref 5; ip route flush table 5; rm /var/lib/cni/networks/net/10*',
  )
  await one.deletePodNamespace('pod')
  expect(leftovers(before, [await snapshotMachine(one)])).toEqual([])
})

test('a process that runs on is found', async () => {
  const known = otherProcesses().map(({ pid }) => pid)
  const { file, args } = one.command(['sleep', '1000'])
  const child = spawn(file, args)
  await once(child, 'spawn')
  expect(otherProcesses(known).map(({ pid }) => pid)).toEqual([child.pid])
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(otherProcesses(known)).toEqual([])
})

test('pods of one machine reach each other, and a prober that ends is a failed probe', async () => {
  await connectPlainPod(one, 'p1', podAddresses('a1'))
  await connectPlainPod(one, 'p2', podAddresses('a2'))
  const start = async (pod: string, addresses: { 4: string; 6: string }) => ({
    name: pod,
    kind: 'pod' as const,
    addresses,
    prober: await Prober.start(one.command([process.execPath, proberFile], pod)),
  })
  const pods = [await start('p1', podAddresses('a1')), await start('p2', podAddresses('a2'))]
  const report = await probeMatrix(pods)
  expect(report.failures.map(describeResult)).toEqual([])
  expect(report).toMatchObject({ sent: 4, ok: 4, natted: 0 })
  await Promise.all(pods.map(({ prober }) => prober.stop()))
  const { failures } = await probeMatrix(pods)
  expect(failures.map(describeResult)).toContain('p1 → p2 (IPv6): prober ended')
})

test('a prober that can not start says why', async () => {
  await expect(Prober.start(one.command(['sh', '-c', 'echo no node >&2; exit 1']))).rejects.toThrow('no node')
})
