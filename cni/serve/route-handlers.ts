import { Connection } from '../netlink/connection.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { Serving, System } from '../sys.ts'
import type { Handler, NewsSource } from './handler.ts'
import { inspectNetworkd } from './networkd.ts'
import { Fields } from './parameters.ts'
import { RouteNews, routeGroups } from './route-watch.ts'
import { applyRoutes, linksInUse, listRoutes } from './routes.ts'

export const list: Handler<'routes.list'> = (parameters, { system }) => {
  expectNone(parameters)
  return listRoutes(new Rtnetlink(system))
}

export const apply: Handler<'routes.apply'> = (parameters, { system }) =>
  applyRoutes(new Rtnetlink(system), parameters)

export const watch: Handler<'routes.watch'> = (parameters, context) => {
  expectNone(parameters)
  context.subscribe('routes', (system) => openWatch(system, context.serving))
  return {}
}

export const inspectHazards: Handler<'routes.inspect'> = (parameters, { system }) => {
  expectNone(parameters)
  return { networkd: inspectNetworkd(system.files) }
}

const expectNone = (parameters: unknown): void => void new Fields(parameters, 'parameters', [])

function openWatch(system: System, serving: Serving): NewsSource {
  const handle = system.netlink.open(0)
  try {
    const connection = new Connection(system.netlink, handle, 0)
    for (const group of routeGroups) connection.join(group)
    const news = new RouteNews()
    // By this very socket: the kernel announces nothing to one that has no port, and it gets one when it first asks. What
    // is announced meanwhile is lost, and came before the answer that lets the other side look.
    news.know(linksInUse({ connection }))
    return { handle, read: () => news.take(() => serving.receiveDatagram(handle)) }
  } catch (error) {
    system.files.close(handle)
    throw error
  }
}
