import { expect, it } from 'vitest'
import { whyNoTrace } from '../../cni/testing/trace.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { whyNoNft } from '../nft/nft.ts'
import {
  type ConfigOn,
  CrashRig,
  describeInjection,
  expectError,
  failed,
  killed,
  mayOverlook,
  timeLimit,
  traces,
  victim,
} from './crash-rig.ts'

/** Four addresses for three pods: what leaks is missing soon, and what is free is given again soon. */
const masqueraded: ConfigOn = (host) => ({
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

const rig = new CrashRig(masqueraded)

describeUnless(whyNoTrace() ?? whyNoNft(), 'a process that dies', () => {
  it.concurrent.each([
    { verb: 'ADD', remover: 'DEL' },
    { verb: 'ADD', remover: 'GC' },
    { verb: 'DEL', remover: 'DEL' },
    { verb: 'GC', remover: 'GC' },
  ])(
    '$verb can be killed at any call: $remover takes back the rest, and no address is given twice',
    async ({ verb, remover }) => {
      await rig.onHosts(killed(await rig.record(verb)), async (host, injection, before) => {
        const where = describeInjection(injection)
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

describeUnless(whyNoTrace() ?? whyNoNft(), 'calls that fail', () => {
  it.concurrent(
    'make ADD do nothing, or they don’t matter',
    async () => {
      await rig.onHosts(failed(await rig.record('ADD')), async (host, injection, before) => {
        const where = describeInjection(injection)
        const { ending } = await rig.disturbed(host, 'ADD', injection)
        if (ending.code === 0) {
          await rig.mustCall(host, 'CHECK', victim, { prevResult: ending.json })
          await rig.admitNewcomer(host, where)
          await rig.mustCall(host, 'DEL', victim)
        } else {
          expectError(ending, injection)
          // One that can't return to its own namespace must end at once; DEL cleans up then.
          if (injection.call.name === 'setns') await rig.mustCall(host, 'DEL', victim)
        }
        expect(await traces(host), `${where}: ${ending.stdout}`).toEqual(before)
      })
    },
    timeLimit,
  )

  it.concurrent.each(['DEL', 'GC'])(
    'make %s say that it could not do all, or they don’t matter; the next one does the rest',
    async (verb) => {
      await rig.onHosts(failed(await rig.record(verb)), async (host, injection, before) => {
        const where = describeInjection(injection)
        await rig.mustCall(host, 'ADD', victim)
        const { ending } = await rig.disturbed(host, verb, injection)
        if (ending.code === 0) {
          // What can't be read for good must not keep a pod from being removed; GC finds it when it can be read again.
          if (mayOverlook(injection)) await rig.mustCall(host, verb, victim)
        } else {
          expectError(ending, injection)
          await rig.admitNewcomer(host, where)
          await rig.mustCall(host, verb, victim)
        }
        expect(await traces(host), `${where}: ${ending.stdout}`).toEqual(before)
      })
    },
    timeLimit,
  )
})
