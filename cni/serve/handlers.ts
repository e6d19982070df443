import { GarbageCollector } from './collect-garbage.ts'
import { configure } from './configure.ts'
import type { Handlers } from './handler.ts'
import { holdAddresses } from './hold-addresses.ts'
import { hello } from './hello.ts'
import { inspect } from './inspect.ts'
import { install } from './install.ts'
import { inspectPath } from './path.ts'
import { setRules } from './rules.ts'
import { uninstall } from './uninstall.ts'
import { apply, inspectHazards, list, watch } from './route-handlers.ts'

const garbage = new GarbageCollector()

/** Who carries out what. An operation that is not here is answered by `unsupported`. */
export const handlers: Handlers = {
  hello,
  'cni.inspect': inspect,
  'cni.install': install,
  'cni.configure': configure,
  'cni.uninstall': (parameters, context) => uninstall(parameters, context, handlers),
  'rules.set': setRules,
  'addresses.hold': holdAddresses,
  'path.inspect': inspectPath,
  'routes.list': list,
  'routes.apply': apply,
  'routes.watch': watch,
  'routes.inspect': inspectHazards,
  'garbage.collect': (parameters, context) => garbage.collect(parameters, context),
}
