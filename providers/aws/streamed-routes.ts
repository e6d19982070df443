import { Readable } from 'node:stream'
import type { EC2, RouteTable } from '@aws-sdk/client-ec2'
import { RouteRows } from './route-rows.ts'
import { RouteSetScanner } from './route-set-scanner.ts'

const command = 'DescribeRouteTablesCommand'

/**
 * Makes the client read the routes of DescribeRouteTables while they arrive. There is no way to ask for less than a whole
 * table, and the SDK reads an answer at its end, in one go: a table of 5,000 routes would stop the process for 50 ms, and
 * leave tens of megabytes behind. What the caller gets is the same, and so is every error.
 */
export function streamRoutes(client: EC2): void {
  const rows = new RouteRows()
  const scanned = new WeakMap<object, RouteSetScanner>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args)
        const { response } = result
        if (commandName !== command || !isAnswer(response) || response.statusCode >= 300) return result
        const { body } = response
        if (!(body instanceof Readable)) return result
        const scanner = new RouteSetScanner(rows)
        for await (const piece of body) scanner.push(piece as Uint8Array)
        response.body = scanner.rest()
        scanned.set(response, scanner)
        return result
      },
    // Nearer to the wire than the SDK's own reading.
    { name: 'podwayScanRoutes', step: 'deserialize', priority: 'low' },
  )
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const scanner = isObject(result.response) ? scanned.get(result.response) : undefined
      const { output } = result
      if (scanner === undefined || output === undefined || !('RouteTables' in output)) return result
      for (const table of output.RouteTables ?? []) putBack(table, scanner)
      return result
    },
    { name: 'podwayPutRoutesBack', step: 'deserialize', priority: 'high' },
  )
}

function putBack(table: RouteTable, { sets }: RouteSetScanner): void {
  const set = table.Routes?.[0]?.DestinationPrefixListId
  if (set !== undefined) table.Routes = [...(sets[Number(set)] ?? [])]
}

interface Answer {
  readonly statusCode: number
  body: unknown
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isAnswer = (response: unknown): response is Answer =>
  isObject(response) && 'statusCode' in response && 'body' in response
