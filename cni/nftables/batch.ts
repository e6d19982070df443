import { PayloadWriter } from '../netlink/attribute.ts'
import type { Request } from '../netlink/connection.ts'
import { subsystem } from './message.ts'

/** NFNL_MSG_BATCH_BEGIN and _END (linux/netfilter/nfnetlink.h). */
const [begin, end] = [16, 17]
/** NFNL_BATCH_GENID. */
const generationAttribute = 1

/**
 * Begins a transaction. With a generation, the kernel refuses all of it (ERESTART) if the rules of the namespace,
 * whoever's, are not those of that generation any more.
 */
export function beginBatch(generation?: number): Request {
  const writer = open()
  if (generation !== undefined) writer.attributeBe32(generationAttribute, generation)
  return { operation: 'change the packet filter', type: begin, payload: writer.finish() }
}

/** Ends it: the kernel makes all changes at once, or none. */
export const endBatch: Request = {
  operation: 'change the packet filter',
  type: end,
  payload: open().finish(),
}

/** struct nfgenmsg: no family, version 0, and in network byte order whose batch it is. */
function open(): PayloadWriter {
  return new PayloadWriter().octets(0, 0, 0, subsystem)
}
