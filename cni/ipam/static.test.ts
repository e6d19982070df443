import { describe, expect, it } from 'vitest'
import { callOf } from '../testing/call.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { readStaticConfig } from './static.ts'

const read = (args: readonly string[], runtime: readonly string[]): readonly string[] =>
  readStaticConfig(
    callOf({
      cniVersion: '1.1.0',
      name: 'net',
      type: 'static',
      ipam: { type: 'static', addresses: [{ address: '10.1.2.5/24' }] },
      args: { cni: { ips: args } },
      runtimeConfig: { ips: runtime },
    }),
  ).addresses.map(({ address }) => formatInterfaceAddress(address))

describe('static addresses', () => {
  it.each([
    { name: 'those of the configuration', args: [], runtime: [], given: ['10.1.2.5/24'] },
    { name: 'those of the arguments', args: ['10.1.2.6/24'], runtime: [], given: ['10.1.2.6/24'] },
    { name: 'those of the runtime', args: ['10.1.2.6/24'], runtime: ['10.1.2.7/24'], given: ['10.1.2.7/24'] },
  ])('are $name, which take the place of those before', ({ args, runtime, given }) => {
    expect(read(args, runtime)).toEqual(given)
  })

  it('are refused where they are wrong, though others take their place', () => {
    const refusal = { code: 7, message: expect.stringMatching(/^args\.cni\.ips\[0\]/) as string }
    expect(() => read(['10.1.2.6'], ['10.1.2.7/24'])).toThrow(expect.objectContaining(refusal) as Error)
  })
})
