import { expect, it } from 'vitest'
import { whyNoTrace } from '../../cni/testing/trace.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { whyNoNft } from '../nft/nft.ts'
import {
  type ConfigOn,
  CrashRig,
  describeInjection,
  isChange,
  killed,
  timeLimit,
  traces,
  victim,
} from './crash-rig.ts'
import type { PodHost } from './pod-host.ts'

const base = (host: PodHost): Readonly<Record<string, unknown>> => ({
  cniVersion: '1.1.0',
  name: 'net',
  type: 'podway-cni',
  ipMasq: true,
  ipam: {
    type: 'host-local',
    dataDir: `${host.folder}/data`,
    ranges: [[{ subnet: '10.1.2.0/29', rangeEnd: '10.1.2.5' }], [{ subnet: 'fd00:1::/125' }]],
  },
})

/** All that a pod can ask for: each has a port of the node of its own. */
const wholeChain: ConfigOn = (host, pod) => ({
  ...base(host),
  runtimeConfig: {
    portMappings: [
      { hostPort: 8080 + pod, containerPort: 80, protocol: 'tcp' },
      { hostPort: 8080 + pod, containerPort: 53, protocol: 'udp' },
    ],
    bandwidth: { ingressRate: 8_000_000, ingressBurst: 400_000, egressRate: 8_000_000, egressBurst: 400_000 },
  },
})

/** What a bystander has of it. */
const whole = ['tbf', '8081', 'masquerade']

const onBridge: ConfigOn = (host) => ({ ...base(host), interface: 'bridge', bridge: 'br0', isGateway: true })
const bridged = ['br0', 'masquerade']

/**
 * As the process that dies with the interface alone. Between two calls that change something it does not matter where a
 * process ends: it is killed at each of those, before the kernel sees it.
 */
describeUnless(whyNoTrace() ?? whyNoNft(), 'a process that dies', () => {
  it.concurrent.each([
    {
      title: 'masquerading, ports and rates',
      verb: 'ADD',
      remover: 'DEL',
      configOn: wholeChain,
      shows: whole,
    },
    {
      title: 'masquerading, ports and rates',
      verb: 'ADD',
      remover: 'GC',
      configOn: wholeChain,
      shows: whole,
    },
    {
      title: 'masquerading, ports and rates',
      verb: 'DEL',
      remover: 'DEL',
      configOn: wholeChain,
      shows: whole,
    },
    { title: 'a bridge', verb: 'ADD', remover: 'DEL', configOn: onBridge, shows: bridged },
    { title: 'a bridge', verb: 'DEL', remover: 'GC', configOn: onBridge, shows: bridged },
  ])(
    '$verb with $title can be killed at any change: $remover takes back the rest',
    async ({ verb, remover, configOn, shows }) => {
      const rig = new CrashRig(configOn)
      const points = killed((await rig.record(verb)).filter(isChange))
      expect(points.length).toBeGreaterThan(10)
      await rig.onHosts(points, async (host, injection, before) => {
        const where = describeInjection(injection)
        // Else nothing of it would be tested.
        for (const one of shows) expect(JSON.stringify(before)).toContain(one)
        if (verb !== 'ADD') await rig.mustCall(host, 'ADD', victim)
        const { ending, spared } = await rig.disturbed(host, verb, injection)
        // The one that is left alone when its child is killed does the work itself.
        if (verb === 'ADD' && !spared) expect(ending.code, where).not.toBe(0)
        await rig.admitNewcomer(host, where)
        await rig.mustCall(host, remover, victim)
        expect(await traces(host), where).toEqual(before)
      })
    },
    timeLimit,
  )
})
