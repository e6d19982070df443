import { describe, expect, it } from 'vitest'
import { MemoryProcess, sysError } from '../testing/memory-system.ts'
import { decodeNetworkConfig, readNetworkConfig } from './config.ts'

describe('a network configuration', () => {
  it('is read', () => {
    const text = '{"cniVersion":"1.0.0","name":"net","type":"podway-cni","mtu":1400}'
    expect(decodeNetworkConfig(text)).toMatchObject({
      cniVersion: '1.0.0',
      name: 'net',
      type: 'podway-cni',
      json: { mtu: 1400 },
    })
  })

  it.each(['{"name":"net"}', '{"name":"net","cniVersion":""}', '{"name":"net","cniVersion":null}'])(
    'without a version is one of 0.1.0: %s',
    (text) => {
      expect(decodeNetworkConfig(text).cniVersion).toBe('0.1.0')
    },
  )

  it.each([
    { text: '', code: 6, message: /^error unmarshall network config: / },
    { text: '{', code: 6, message: /^error unmarshall network config: / },
    { text: 'null', code: 6, message: 'error unmarshall network config: expected an object' },
    { text: '[]', code: 6, message: 'error unmarshall network config: expected an object' },
    { text: '{"name":5}', code: 6, message: 'error unmarshall network config: name must be a string' },
    {
      text: '{"name":"net","cniVersion":1}',
      code: 6,
      message: 'error unmarshall network config: cniVersion must be a string',
    },
    { text: '{}', code: 7, message: 'missing network name' },
    { text: '{"name":""}', code: 7, message: 'missing network name' },
    { text: '{"name":"a/b"}', code: 7, message: 'invalid characters found in network name' },
    { text: '{"name":".."}', code: 7, message: 'invalid characters found in network name' },
    { text: '{"name":"net","type":5}', code: 7, message: 'type must be a string' },
  ])('is refused: $text', ({ text, code, message }) => {
    const refused = (): unknown => decodeNetworkConfig(text)
    expect(refused).toThrow(message)
    expect(refused).toThrow(expect.objectContaining({ code }) as Error)
  })

  it('that can’t be read is an I/O error', () => {
    const process = new MemoryProcess({}, { stdin: '' })
    process.stdin = () => {
      throw sysError(5, 'read')
    }
    expect(() => readNetworkConfig(process)).toThrow(expect.objectContaining({ code: 5 }) as Error)
  })
})
