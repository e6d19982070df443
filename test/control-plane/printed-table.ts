import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import type { RunningControlPlane } from './server.ts'

/** What `kubectl get` shows: each column's name and priority (0: without `-o wide`), and the cells of each row. */
export interface PrintedTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Asks as kubectl does. @param path of the object, behind `/apis/` */
export async function printedTable(
  { admin, caFile, url }: Pick<RunningControlPlane, 'admin' | 'caFile' | 'url'>,
  path: string,
): Promise<PrintedTable> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } })
  const response = await fetch(`${url}/apis/${path}`, {
    dispatcher,
    headers: {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      authorization: `Bearer ${admin.token}`,
    },
  })
  const table = (await response.json()) as {
    readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
    readonly rows: readonly { readonly cells: readonly unknown[] }[]
  }
  await dispatcher.destroy()
  return {
    columns: table.columnDefinitions.map(({ name, priority }) => `${name} ${priority}`),
    rows: table.rows.map(({ cells }) => cells),
  }
}
