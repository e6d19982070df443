import { ownConfiguration } from './configurations.ts'
import { executableNames, isOfThisProgram } from './executables.ts'
import type { Context, Handlers } from './handler.ts'
import { hold } from './hold-addresses.ts'
import { Fields, ServeError } from './parameters.ts'
import { type Changed, maxRouteChanges, routeMetric, routeProtocol } from './protocol.ts'
import { removeIfThere, temporaryPath } from './replace-file.ts'

/**
 * Takes away what the other operations have laid or set (https://github.com/flannel-io/flannel/issues/2063): the
 * configuration first, so that no pod is begun that would lack the rest. What pods have stays: their interfaces, and the
 * files of their reservations, which whoever comes next goes by. One thing that fails keeps no other from its turn.
 *
 * @throws ServeError `system`, with all that failed
 */
export function uninstall(parameters: unknown, context: Context, handlers: Handlers): Changed {
  new Fields(parameters, 'parameters', [])
  const changed: string[] = []
  const problems: string[] = []
  for (const step of [removeConfiguration, removeExecutables, releaseAddresses, removeRules, removeRoutes]) {
    try {
      changed.push(...step(context, handlers))
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (problems.length > 0) throw new ServeError({ code: 'system', message: problems.join('; ') })
  return { changed }
}

type Step = (context: Context, handlers: Handlers) => readonly string[]

const removeConfiguration: Step = (context) =>
  removeFile(context, `${context.settings.confDir}/${ownConfiguration}`)

const removeExecutables: Step = (context) => {
  const { binDir } = context.settings
  return executableNames.flatMap((name) => {
    const path = `${binDir}/${name}`
    return isOfThisProgram(context, name) ? removeFile(context, path) : removeTemporary(context, path)
  })
}

function removeFile(context: Context, path: string): readonly string[] {
  const { system, serving } = context
  return [
    ...(removeIfThere(system.files, serving, path) ? [`removed ${path}`] : []),
    ...removeTemporary(context, path),
  ]
}

function removeTemporary({ system, serving }: Context, path: string): readonly string[] {
  const temporary = temporaryPath(path)
  return removeIfThere(system.files, serving, temporary) ? [`removed ${temporary}`] : []
}

const releaseAddresses: Step = (context) => hold(context, [])

const removeRules: Step = (context, handlers) =>
  handlers['rules.set']?.({ antiSpoofing: false, blockMetadata: false }, context).changed ?? []

const removeRoutes: Step = (context, handlers) => {
  const { 'routes.list': list, 'routes.apply': apply } = handlers
  if (list === undefined || apply === undefined) return []
  const changes = list({}, context)
    .routes.filter(({ metric, protocol }) => protocol === routeProtocol && metric === routeMetric)
    .flatMap(({ destination, gateway }) =>
      gateway === undefined ? [] : [{ op: 'delete' as const, destination, from: gateway }],
    )
  const failures: string[] = []
  for (let at = 0; at < changes.length; at += maxRouteChanges) {
    const { outcomes } = apply({ changes: changes.slice(at, at + maxRouteChanges) }, context)
    for (const outcome of outcomes) if (outcome.result === 'failed') failures.push(outcome.message)
  }
  if (failures.length > 0) throw new Error(failures.join('; '))
  return changes.map(({ destination }) => `removed the route to ${destination}`)
}
