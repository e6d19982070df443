import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { binary } from './testing/binary.ts'
import { TestServer } from './testing/server.ts'

let server: TestServer
beforeEach(() => {
  server = new TestServer()
})
afterEach(() => server.remove())

const run = (...args: readonly string[]): { code: number | null; stdout: string; stderr: string } => {
  const ended = spawnSync(binary(), ['serve', ...args], { encoding: 'utf8', env: {} })
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr }
}

describe('podway-cni serve', () => {
  it('prints its help', () => {
    const ended = run('--help')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('--socket PATH')
  })

  it.each([
    { name: 'no socket', args: [], says: '--socket is missing' },
    { name: 'an argument that it does not know', args: ['--sokcet', '/x'], says: 'no argument "--sokcet"' },
    { name: 'a relative path', args: ['--socket', 'x'], says: '--socket "x": must be an absolute path' },
    { name: 'a value that is not there', args: ['--socket'], says: '--socket needs a value' },
    { name: 'a user by name', args: ['--socket=/x', '--allow-uid=root'], says: '--allow-uid "root"' },
    { name: 'the user that nobody is', args: ['--allow-uid', '4294967295'], says: 'from 0 to 4294967294' },
  ])('ends with 64 for $name, and says so', ({ args, says }) => {
    const ended = run(...args)
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toContain(says)
  })

  it('ends with 1 where it can not listen', () => {
    const ended = run('--socket', '/run/nowhere/socket')
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.stderr)).toMatchObject({
      level: 'error',
      error: expect.stringContaining('/run/nowhere') as string,
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 at %s, and leaves no socket', async (signal) => {
    await server.start()
    const client = await server.connect()
    expect(await server.stop(signal)).toBe(0)
    await client.closed
    expect(existsSync(server.socket)).toBe(false)
  })

  it('takes the place of one that was killed, and not of one that lives', async () => {
    await server.start()
    expect(await server.stop('SIGKILL')).toBe(null)
    expect(existsSync(server.socket)).toBe(true)
    await server.start()
    const second = run('--socket', server.socket)
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('address already in use')
    await server.connect()
  })

  it('does not listen in the place of a file', () => {
    writeFileSync(server.socket, 'precious')
    expect(run('--socket', server.socket).code).toBe(1)
    expect(existsSync(server.socket)).toBe(true)
  })

  it('serves users that it was told to, and closes what others open', async () => {
    await server.start({ args: ['--allow-uid', '12345', '--allow-uid', '23456'] })
    const client = await server.connect({ greets: false })
    await client.closed
    expect(await server.logged('refused a connection: this user is not served')).toMatchObject({ user: 0 })
  })

  it('says who it is, and wants to be greeted first', async () => {
    await server.start()
    const client = await server.connect({ greets: false })
    expect(await client.refused('cni.inspect', {})).toMatchObject({ code: 'invalid', field: 'operation' })
    expect(await client.refused('hello', { protocol: 2 })).toMatchObject({ code: 'unsupported' })
    expect(await client.refused('cni.inspect', {})).toMatchObject({ code: 'invalid' })
    expect(await client.ask('hello', { protocol: 1 })).toEqual({
      protocol: 1,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    })
    expect(await client.refused('cni.destroy', {})).toMatchObject({ code: 'unsupported' })
    expect(await client.refused('toString', {})).toMatchObject({ code: 'unsupported' })
    expect(await client.refused('cni.inspect', { all: true })).toMatchObject({ code: 'invalid' })
  })
})
