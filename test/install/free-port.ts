import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/**
 * The port, or one that the system chooses for 0, if nobody listens on it: else the answers that we wait for would come
 * from a stranger. Another program may still take it before ours does, which then says so and ends.
 */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
