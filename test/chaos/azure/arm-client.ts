import type { ArmApi } from '../../../providers/azure/arm-api.ts'
import { createArmClient } from '../../../providers/azure/client.ts'
import { ReceivedHeaders } from '../../../providers/azure/testing/received-headers.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import { exchange } from '../world/exchange.ts'
import type { Link } from '../world/link.ts'

/** Called when a request has arrived; `sentAt`: when it was sent, in milliseconds of the world. */
export type Serve = (request: SimulatorRequest, sentAt: number) => SimulatorReply

type HttpClient = NonNullable<Parameters<typeof createArmClient>[0]['httpClient']>

/** The real SDK over a link. */
export function armOver(link: Link, serve: Serve): ArmApi {
  const { clock, name } = link.process
  const sendRequest: HttpClient['sendRequest'] = async (request) => {
    const { host, pathname, search } = new URL(request.url)
    const sent: SimulatorRequest = {
      method: request.method,
      target: pathname + search,
      headers: { ...request.headers.toJSON(), host },
      body: typeof request.body === 'string' ? request.body : '',
    }
    const sentAt = link.now
    const { body, headers, status } = await exchange({
      link,
      serve: () => serve(sent, sentAt),
      signal: request.abortSignal as AbortSignal | undefined,
      cut: () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'RestError' }),
      aborted: () => Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' }),
    })
    return { request, status, headers: new ReceivedHeaders(headers), bodyAsText: body }
  }
  const client = createArmClient({
    endpoint: 'https://arm.example.invalid',
    credential: { getToken: () => Promise.resolve({ token: name, expiresOnTimestamp: Infinity }) },
    httpClient: { sendRequest },
    timeout: (ms) => {
      const late = new AbortController()
      clock.setTimeout(() => late.abort(), ms)
      return late.signal
    },
  })
  return { send: (request, signal) => link.inHand.during(() => client.send(request, signal)) }
}
