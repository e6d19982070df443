import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { isOpError } from '../netlink/error.ts'
import { Control, Flag, type Message, decodeMessages, encodeMessage } from '../netlink/message.ts'
import { Errno, type Serving } from '../sys.ts'
import { hex } from '../testing/bytes.ts'
import { ScriptedNetlink, memorySystem } from '../testing/memory-system.ts'
import { type Difference, difference } from './difference.ts'
import { NftMessage } from './message.ts'
import { Nftables } from './nftables.ts'
import { nodeRuleset } from './node-ruleset.ts'
import { reconcile } from './reconciliation.ts'
import { type FoundRuleset, isOfNode } from './ruleset.ts'

const wanted = nodeRuleset(
  {
    masquerade: {
      sources: [parseCidr('10.244.0.0/16')],
      exceptions: [parseCidr('10.244.0.0/16')],
      linkLocal: false,
      randomFully: true,
    },
    antiSpoofing: true,
    blockMetadata: true,
  },
  { podsMasquerade: false },
)

const wantAll = (found: FoundRuleset): Difference => difference(wanted, found, isOfNode)

/** Time passes only where somebody waits. */
let now = 0
const pauses: number[] = []
const waiting: Pick<Serving, 'clock' | 'poll'> = {
  clock: () => now,
  poll: (_handles, _wanted, milliseconds = 0) => {
    now += milliseconds
    pauses.push(milliseconds)
    return []
  },
}

/** A kernel without a table of ours, whose generation is what `generation` says at each question. */
function kernel(script: {
  readonly generation: () => number
  readonly onBegin?: (generation: number) => number
  readonly onEach?: (type: number) => number
}): { readonly nftables: Nftables; readonly sent: () => readonly Message[] } {
  const reply = (to: Message, type: number, payload: Uint8Array): Uint8Array =>
    encodeMessage({ type, flags: 0, sequence: to.sequence, port: 0, payload })
  const acknowledge = (to: Message, errno: number): Uint8Array => {
    const payload = new Uint8Array(20)
    new DataView(payload.buffer).setInt32(0, -errno, true)
    return reply(to, Control.error, payload)
  }
  const netlink = new ScriptedNetlink((bytes) =>
    decodeMessages(bytes).flatMap((message) => {
      const { type, payload, flags } = message
      if (type === NftMessage.getGeneration)
        return [
          reply(
            message,
            NftMessage.newGeneration,
            hex(`00000000 08000100 ${script.generation().toString(16).padStart(8, '0')}`),
          ),
        ]
      if (type === NftMessage.getTable) return [acknowledge(message, Errno.ENOENT)]
      if (type === 16) {
        const errno = script.onBegin?.(new DataView(payload.buffer, payload.byteOffset).getUint32(8)) ?? 0
        return errno === 0 ? [] : [acknowledge(message, errno)]
      }
      const errno = script.onEach?.(type) ?? 0
      return errno !== 0 || flags & Flag.acknowledge ? [acknowledge(message, errno)] : []
    }),
  )
  return {
    nftables: new Nftables(memorySystem({ netlink, serving: () => waiting })),
    sent: () => netlink.sent.flatMap(decodeMessages),
  }
}

describe('the reconciliation of our table', () => {
  it('holds for the generation that was read, and begins again when it has passed', () => {
    let generation = 40
    const begun: number[] = []
    const { nftables } = kernel({
      generation: () => generation,
      onBegin: (given) => {
        begun.push(given)
        // Somebody else was faster, twice.
        return begun.length < 3 ? ((generation += 1), Errno.ERESTART) : 0
      },
    })
    expect(reconcile(nftables, wantAll)).toContain('chain node-masquerade: made')
    expect(begun).toEqual([40, 41, 42])
  })

  it('pauses longer and longer when others are faster all the time', () => {
    pauses.length = 0
    let refusals = 0
    const { nftables } = kernel({
      generation: () => 1,
      onBegin: () => (refusals++ < 40 ? Errno.ERESTART : 0),
    })
    reconcile(nftables, wantAll)
    // The first attempts follow at once.
    expect(pauses).toHaveLength(38)
    expect(Math.max(...pauses)).toBeGreaterThan(5)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(100)
  })

  it('gives up when the rules never stand still, after ten seconds', () => {
    now = 0
    let generation = 0
    const changing = kernel({ generation: () => generation++ })
    expect(() => reconcile(changing.nftables, wantAll)).toThrow('tables changed while they were read')
    const refusing = kernel({ generation: () => 1, onBegin: () => Errno.ERESTART })
    expect(() => reconcile(refusing.nftables, wantAll)).toThrow('the rules have changed meanwhile')
    expect(now).toBeGreaterThan(20_000 - 1)
    expect(now).toBeLessThan(20_500)
  })

  it('is one batch, of which the last change but not the end is acknowledged', () => {
    const { nftables, sent } = kernel({ generation: () => 1 })
    reconcile(nftables, wantAll)
    const batch = sent().slice(sent().findIndex(({ type }) => type === 16))
    expect(batch.at(-1)?.type).toBe(17)
    expect(batch.map(({ flags }) => (flags & Flag.acknowledge) !== 0).lastIndexOf(true)).toBe(
      batch.length - 2,
    )
    expect(batch.filter(({ flags }) => flags & Flag.acknowledge)).toHaveLength(1)
  })

  it('says what the kernel refused first', () => {
    const { nftables } = kernel({
      generation: () => 1,
      onEach: (type) => (type === NftMessage.newChain ? 95 : type === NftMessage.newRule ? 2 : 0),
    })
    const error = ((): unknown => {
      try {
        return reconcile(nftables, wantAll)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(isOpError(error, 95)).toBe(true)
    expect((error as Error).message).toBe('create chain node-masquerade: operation not supported')
  })

  it('of nothing, where nothing is, sends nothing', () => {
    const { nftables, sent } = kernel({ generation: () => 1 })
    expect(reconcile(nftables, (found) => difference({ chains: [], sets: [] }, found, isOfNode))).toEqual([])
    expect(sent().map(({ type }) => type)).not.toContain(16)
  })
})
