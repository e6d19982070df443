import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createInterface } from 'node:readline'
import type { DemoResult } from './story.ts'

/** What the two halves of the demo say to each other: no file is needed, so that a killed demo leaves none. */
export type FromInside = { readonly kind: 'up' } | { readonly kind: 'result'; readonly result: DemoResult }
export type FromOutside = { readonly kind: 'stop' }

/** The number of the inherited descriptor: the first behind the standard ones. */
const descriptor = 3

export function send(channel: Duplex, message: FromInside | FromOutside): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.write(`${JSON.stringify(message)}\n`, (error) =>
      error instanceof Error ? reject(error) : resolve(),
    )
  })
}

export const receiveFromInside = (channel: Duplex, take: (message: FromInside) => void): void =>
  receiveLines(channel, (line) => take(JSON.parse(line) as FromInside))

export const receiveFromOutside = (channel: Duplex, take: (message: FromOutside) => void): void =>
  receiveLines(channel, (line) => take(JSON.parse(line) as FromOutside))

function receiveLines(channel: Duplex, take: (line: string) => void): void {
  createInterface({ input: channel }).on('line', take)
}

/** Inside: the way to the outside. It alone keeps no process alive. */
export function channelToOutside(): Duplex {
  return new Socket({ fd: descriptor, readable: true, writable: true }).unref()
}
