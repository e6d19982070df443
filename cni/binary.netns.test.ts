import { fc } from '@fast-check/vitest'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleHash, bundleNodeBinary } from '../tools/build/cni.ts'
import { binary, invoke, run } from './testing/binary.ts'

const config = { cniVersion: '1.1.0', name: 'net', type: 'podway-cni' }

describe('the node binary', () => {
  it('is one small static file without a path of the machine that built it', () => {
    const content = readFileSync(binary())
    expect(content.length).toBeLessThan(4_000_000)
    const text = content.toString('latin1')
    expect(text).not.toContain('/ld-linux')
    expect(text).not.toContain(join(import.meta.dirname, '..'))
    expect(text).not.toContain(homedir() + '/')
  })

  it('answers VERSION without reading standard input', () => {
    const ended = invoke({ command: 'VERSION', config: 'no JSON', environment: { CNI_PATH: undefined } })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.json).toEqual({
      cniVersion: '1.1.0',
      supportedVersions: ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'],
    })
  })

  it('tells which sources it was made of', async () => {
    const told = JSON.parse(run(binary(), '--build-info')) as Record<string, string>
    expect(told).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      target: expect.stringMatching(/-linux-/) as string,
    })
    expect(told.bundleSha256).toBe(bundleHash(await bundleNodeBinary()))
  })

  /** One that has no memory image would print it. */
  it('carries the memory of a started engine', () => {
    expect(run(binary(), '--memory-image')).toBe('')
  })

  it('tells a person what it is', () => {
    const ended = invoke({ command: '' })
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    expect(ended.stderr).toMatch(
      /^CNI podway-cni plugin v\d+\.\d+\.\d+\nCNI protocol versions supported: 0\.1\.0, .*1\.1\.0\n$/,
    )
  })

  it('reports what is wrong with its environment', () => {
    const ended = invoke({
      command: 'ADD',
      environment: { CNI_CONTAINERID: undefined, CNI_IFNAME: undefined, CNI_PATH: undefined },
    })
    expect(ended.code).toBe(1)
    expect(ended.json).toEqual({
      cniVersion: '1.1.0',
      code: 4,
      msg: 'required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing',
    })
  })

  it('reports standard input that is no JSON', () => {
    expect(invoke({ command: 'DEL', config: '{' }).json).toMatchObject({ code: 6 })
    expect(invoke({ command: 'DEL', config: '' }).json).toMatchObject({ code: 6 })
  })

  it('reports standard input that is no text', () => {
    const ended = invoke({ command: 'DEL', by: ['sh', '-c', 'printf "\\377\\376" | exec "$0"'] })
    expect(ended.json).toMatchObject({ code: 5, msg: expect.stringContaining('stdin') as string })
  })

  it('reports a failure of its own when nobody reads its output, by its exit code', () => {
    const ended = invoke({ command: 'VERSION', by: ['sh', '-c', 'exec "$0" > /dev/full'] })
    expect(ended.code).toBe(1)
  })

  /** Else the first file that it opens would be its standard output. */
  it('takes a closed standard output for one that nobody reads', () => {
    mkdirSync('/run/closed/net', { recursive: true })
    const ipam = { type: 'host-local', dataDir: '/run/closed', subnet: '10.9.8.0/24' }
    const by = ['sh', '-c', 'exec "$0" >&-']
    const ended = invoke({ command: 'ADD', netns: '/run/nowhere', config: { ...config, ipam }, by })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(invoke({ command: 'VERSION', by })).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  it('survives a configuration that nests too deep', () => {
    const deep = `{"name":"net","ipam":${'['.repeat(200_000)}`
    expect(invoke({ command: 'ADD', netns: '/proc/self/ns/net', config: deep }).json).toMatchObject({
      code: 6,
    })
  })

  /**
   * https://github.com/k3s-io/k3s/issues/5885: a node that is full, and nobody says so. But runtimes make the node not
   * ready then, and the kubelet evicts what it is full of.
   */
  it('answers STATUS for an exhausted pool with success, or with "not available" if it is asked to', () => {
    const dataDir = '/run/status'
    const status = { ...config, ipam: { type: 'host-local', dataDir, subnet: '10.9.9.0/30' } }
    const strict = { ...status, statusOnExhaustion: true }
    expect(invoke({ command: 'STATUS', config: strict })).toMatchObject({ code: 0, stdout: '' })
    mkdirSync(`${dataDir}/net`, { recursive: true })
    writeFileSync(`${dataDir}/net/10.9.9.2`, 'other\r\neth0')
    expect(invoke({ command: 'STATUS', config: status })).toMatchObject({ code: 0, stdout: '' })
    expect(invoke({ command: 'STATUS', config: strict }).json).toMatchObject({
      code: 50,
      msg: 'no IP addresses available in range set: 10.9.9.1-10.9.9.2',
    })
  })

  /** Whatever comes in, what comes out is a CNI answer. */
  it('answers any input with JSON and code 1, or with success', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.json(),
      fc
        .record(
          {
            cniVersion: fc.oneof(fc.constant('1.1.0'), fc.jsonValue()),
            name: fc.oneof(fc.constant('net'), fc.jsonValue()),
            type: fc.oneof(fc.constant('podway-cni'), fc.jsonValue()),
            mtu: fc.jsonValue(),
            dns: fc.jsonValue(),
            prevResult: fc.jsonValue(),
            runtimeConfig: fc.oneof(fc.jsonValue(), fc.record({ ipRanges: fc.jsonValue() })),
            ipam: fc.oneof(
              fc.jsonValue(),
              fc.record({
                type: fc.constant('host-local'),
                dataDir: fc.constant('/run/fuzz'),
                ranges: fc.oneof(fc.jsonValue(), fc.array(fc.array(fc.record({ subnet: fc.jsonValue() })))),
                routes: fc.jsonValue(),
              }),
            ),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    )
    const command = fc.constantFrom('ADD', 'DEL', 'CHECK', 'STATUS', 'GC')
    fc.assert(
      fc.property(command, text, (name, stdin) => {
        // The namespace is the plugin's own: nothing that gets through can be done.
        const ended = invoke({ command: name, netns: '/proc/self/ns/net', config: stdin })
        if (ended.code === 0) expect(ended.stdout).toBe('')
        else expect(ended).toMatchObject({ code: 1, json: { code: expect.any(Number) as number } })
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
