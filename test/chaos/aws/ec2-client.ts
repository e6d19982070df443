import { EC2 } from '@aws-sdk/client-ec2'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { Link } from '../world/link.ts'

/** As `providers/aws/client.ts` sets it up. */
const usualTimeoutMs = 4_000

export const region = 'eu-central-1'

/** What reaches the wire of the SDK's request, as far as a simulator reads it. */
interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface WireResponse {
  readonly response: {
    readonly statusCode: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
  }
}

interface SendOptions {
  readonly abortSignal?: AbortSignal
  readonly requestTimeout?: number
}

type Answer = (request: WireRequest, options: SendOptions) => Promise<WireResponse>

/** Called when a request has arrived; `sentAt`: when it was sent, in milliseconds of the world. */
export type Serve = (request: SimulatorRequest, sentAt: number) => SimulatorReply

/**
 * The real SDK over a link. Its settings are given, since it would look for them in files, and how long that takes is
 * not the world's to decide.
 */
export function ec2Over(link: Link, serve: Serve): EC2 {
  const answer: Answer = (request, options) => send(link, serve, request, options)
  return new EC2({
    region,
    endpoint: 'http://ec2.example.invalid',
    credentials: { accessKeyId: link.process.name, secretAccessKey: 'secret' },
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'podway',
    authSchemePreference: [],
    disableClockSkewCorrection: true,
    requestHandler: {
      handle: (request: WireRequest, options: SendOptions = {}) => answer(request, options),
      metadata: { handlerProtocol: 'http/1.1' },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
  })
}

function send(
  link: Link,
  serve: Serve,
  request: WireRequest,
  { abortSignal: signal, requestTimeout = usualTimeoutMs }: SendOptions,
): Promise<WireResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<WireResponse>()
  const timer = link.process.clock.setTimeout(
    () => reject(named('TimeoutError', `no answer within ${requestTimeout} ms`)),
    requestTimeout,
  )
  const abort = (): void => reject(named('AbortError', 'Request aborted'))
  signal?.addEventListener('abort', abort, { once: true })
  const end = (): void => {
    timer.cancel()
    signal?.removeEventListener('abort', abort)
  }
  promise.then(end, end)
  const { body = '', headers, method, path } = request
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const wire = { method, target: path, headers: Object.fromEntries(lowered) as Record<string, string>, body }
  const sentAt = link.now
  link.call(() => {
    const reply = serve(wire, sentAt)
    if (reply.kind === 'hang') return
    link.answer(() => {
      if (reply.kind === 'response') {
        const { status: statusCode, headers: given, body: text } = reply
        resolve({ response: { statusCode, headers: given, body: Buffer.from(text) } })
      } else {
        reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
      }
    })
  })
  return promise
}

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
