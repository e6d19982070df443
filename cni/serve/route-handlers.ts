import { Connection } from '../netlink/connection.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { Context, Handler, NewsSource } from './handler.ts'
import { inspectNetworkd } from './networkd.ts'
import { Fields } from './parameters.ts'
import { RouteNews, routeGroups } from './route-watch.ts'
import { applyRoutes, linksInUse, listRoutes } from './routes.ts'
import type { System } from '../sys.ts'

export const list: Handler<'routes.list'> = (parameters, context) => {
  expectNone(parameters)
  return listRoutes(socketOf(context))
}

export const apply: Handler<'routes.apply'> = (parameters, context) =>
  applyRoutes(socketOf(context), parameters)

export const watch: Handler<'routes.watch'> = (parameters, context) => {
  expectNone(parameters)
  context.subscribe('routes', () => openWatch(context))
  return {}
}

export const inspectHazards: Handler<'routes.inspect'> = (parameters, { system }) => {
  expectNone(parameters)
  return { networkd: inspectNetworkd(system.files) }
}

const expectNone = (parameters: unknown): void => void new Fields(parameters, 'parameters', [])

/** One socket for all requests: they come one after the other. */
const sockets = new WeakMap<System, Rtnetlink>()

function socketOf({ system }: Context): Rtnetlink {
  const open = sockets.get(system)
  if (open !== undefined) return open
  const opened = new Rtnetlink(system)
  sockets.set(system, opened)
  return opened
}

function openWatch({ serving, system }: Context): NewsSource {
  const handle = system.netlink.open(0)
  const connection = new Connection(system.netlink, handle, 0)
  for (const group of routeGroups) connection.join(group)
  const news = new RouteNews()
  // By this very socket: the kernel announces nothing to one that has no port, and it gets one when it first asks. What is
  // announced meanwhile is lost, and came before the answer that lets the other side look.
  news.know(linksInUse({ connection }))
  return { handle, read: () => news.take(() => serving.receiveDatagram(handle)) }
}
