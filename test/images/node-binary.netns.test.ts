import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { invoke } from '../../cni/testing/binary.ts'
import { TestNode, link, routes } from '../../cni/testing/world.ts'
import { buildImages, ownArchitecture } from '../../tools/images/build-images.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { findImageTools } from './image-tools.ts'

const tools = await findImageTools(process.env)

describeUnless(typeof tools === 'string' ? tools : undefined, 'the node binary out of its image', () => {
  const scratch = mkdtempSync('/run/podway-image-')
  const program = join(scratch, 'bundle/rootfs/usr/bin/podway-cni')
  let node: TestNode

  beforeAll(async () => {
    if (typeof tools === 'string') throw new Error(tools)
    const [image] = await buildImages({
      outFolder: scratch,
      names: ['podway-cni'],
      architectures: [ownArchitecture()],
      log: () => undefined,
    })
    const { umoci } = tools
    const [tag] = (
      execFileSync(umoci, ['list', '--layout', image?.folder ?? ''], { encoding: 'utf8' }) || ''
    ).split('\n')
    execFileSync(umoci, ['unpack', '--image', `${image?.folder ?? ''}:${tag ?? ''}`, join(scratch, 'bundle')])
  })

  beforeEach(() => {
    node = new TestNode()
  })

  afterEach(() => node.remove())

  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it('gives a pod its interface, and takes it away', () => {
    const pod = node.pod('imaged')
    const config = node.config()
    const added = invoke({ command: 'ADD', netns: pod.path, config, file: program })
    expect(added.code, added.stdout).toBe(0)
    expect(link('eth0', pod.name).addr_info.map(({ local }) => local)).toContain('10.1.2.2')
    expect(routes(4).map(({ dst }) => dst)).toContain('10.1.2.2')
    expect(invoke({ command: 'DEL', netns: pod.path, config, file: program }).code).toBe(0)
    expect(node.reservations()).toEqual([])
  })
})
