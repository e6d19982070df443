import { formatAddress } from '../../../net/address.ts'
import type { Severity } from '../../../providers/finding.ts'
import type { PathDocument } from '../../documents/path-document.ts'
import { type ListFormat, formatDocument } from '../../output.ts'
import { oneLine } from '../../table.ts'
import { type Paint, tally } from '../findings-report.ts'
import { type ExplainedPath, type Hop, brokenHop } from './path-picture.ts'

/**
 * For people a line for each step, with what it says below; for programs `{"paths": [{"family", "source", "destination",
 * "hops": [{"way", "at", "code", "severity", "object", "message", "fix"}], "broken"}], "counts"}`, where `broken` is the
 * first step that does not let the packet pass, or null.
 */
export function formatPaths(paths: readonly ExplainedPath[], format: ListFormat, paint: Paint): string {
  switch (format) {
    case 'json':
    case 'yaml':
      return formatDocument(
        'PathList',
        { paths: paths.map(pathJson), counts: countHops(paths).counts } satisfies Omit<
          PathDocument,
          'apiVersion' | 'kind'
        >,
        format,
      )
    case 'table':
      return paths.map((path) => paragraph(path, paint)).join('\n')
  }
}

export const countHops = (paths: readonly ExplainedPath[]): ReturnType<typeof tally> =>
  tally(paths.flatMap(({ hops }) => hops.map(({ finding }) => finding)))

/** `IPv4: broken at node-b, on the way there: ForwardingOff`; undefined if nothing is known to be. */
export function summary(paths: readonly ExplainedPath[]): string | undefined {
  const broken = paths.flatMap((path) => {
    const hop = brokenHop(path)
    if (hop === undefined) return []
    const way = hop.way === 'there' ? 'on the way there' : 'on the way back'
    return [`IPv${path.source.address.family}: broken at ${hop.at}, ${way}: ${hop.finding.code}`]
  })
  return broken.length === 0 ? undefined : broken.join('; ')
}

type PathJson = PathDocument['paths'][number]

const pathJson = (path: ExplainedPath): PathJson => {
  const broken = brokenHop(path)
  return {
    family: path.source.address.family,
    source: { name: path.source.name, address: formatAddress(path.source.address) },
    destination: { name: path.destination.name, address: formatAddress(path.destination.address) },
    hops: path.hops.map(hopJson),
    broken: broken === undefined ? null : hopJson(broken),
  }
}

const hopJson = ({ at, finding, way }: Hop): PathJson['hops'][number] => {
  const { code, fix = null, message, object, severity } = finding
  return { way, at, code, severity, object: { kind: object.kind, name: object.name }, message, fix }
}

function paragraph(path: ExplainedPath, paint: Paint): string {
  const { destination, hops, source } = path
  const end = ({ address, name }: typeof source): string =>
    name === formatAddress(address) ? name : `${name} (${formatAddress(address)})`
  const widest = Math.max(...hops.map(({ at }) => Array.from(oneLine(at)).length))
  const lines = hops.flatMap((hop, index) => hopLines(hop, hops[index - 1], { paint, widest }))
  return [`IPv${source.address.family}: ${oneLine(end(source))} to ${oneLine(end(destination))}`, ...lines]
    .map((line) => `${line}\n`)
    .join('')
}

const severityWidth = 9
const wayWidth = 7

function hopLines(
  { at, finding, way }: Hop,
  before: Hop | undefined,
  { paint, widest }: { readonly paint: Paint; readonly widest: number },
): readonly string[] {
  const { code, fix, message, severity } = finding
  const isNewWay = before?.way !== way
  const isNewPlace = isNewWay || before.at !== at
  const place = oneLine(at)
  const padded = (isNewPlace ? place : '') + ' '.repeat(widest - (isNewPlace ? Array.from(place).length : 0))
  const head = `${(isNewWay ? way : '').padEnd(wayWidth)}${padded}  ${paint(severity.padEnd(severityWidth), severity)}${code}`
  const indent = ' '.repeat(wayWidth + widest + 2 + severityWidth)
  const said = isWorthSaying(severity) && fix !== undefined ? [message, `Fix: ${fix}`] : [message]
  return [head, ...said.map((line) => indent + oneLine(line))]
}

const isWorthSaying = (severity: Severity): boolean => severity !== 'ok'
