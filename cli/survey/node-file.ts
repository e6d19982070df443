import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { YAMLException, loadAll } from 'js-yaml'
import * as z from 'zod'
import type { Node } from '../../kube/objects.ts'
import { NodeFileError } from './node-file-error.ts'

/** For a file that stands for standard input. */
export const standardInput = '-'

/** @throws NodeFileError */
export async function readNodeFile(path: string): Promise<readonly Node[]> {
  return parseNodes(await readText(path), path)
}

async function readText(path: string): Promise<string> {
  try {
    return await (path === standardInput ? textOf(process.stdin) : readFile(path, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
    throw new NodeFileError('ERR_NODE_FILE_UNREADABLE', path, {
      problem: `The file of Nodes can't be read (${code})`,
      remedy: 'Write it by "kubectl get nodes -o yaml", or by hand: one document of kind Node for each.',
      cause: error,
    })
  }
}

/**
 * Nodes as `kubectl get nodes -o yaml` or `-o json` writes them (a List), or as a stream of documents of kind Node, such as
 * a person writes before there is an API server: name and spec.providerID (or an InternalIP in status.addresses) are
 * enough, with spec.podCIDRs unless they are to be allocated. A Node without a uid gets one that follows from its name, so
 * that it is the same Node whenever the file is read. In the order of the file.
 * @throws NodeFileError that names the Node, the field and what would do
 */
export function parseNodes(text: string, path: string): readonly Node[] {
  const documents = parse(text, path).filter((document) => document !== null && document !== undefined)
  const nodes = documents.flatMap((document, index) => {
    const where = documents.length === 1 ? '' : `document ${index + 1}: `
    return itemsOf(document, where, path).map(([item, at]) => readNode(item, at, path))
  })
  if (nodes.length === 0) throw invalid(path, 'it has no Node')
  const seen = new Set<string>()
  for (const { metadata } of nodes) {
    if (seen.has(metadata.name)) throw invalid(path, `it has the Node ${metadata.name} twice`)
    seen.add(metadata.name)
  }
  return nodes
}

function parse(text: string, path: string): readonly unknown[] {
  try {
    return loadAll(text)
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    throw invalid(path, `it is neither YAML nor JSON: ${error.message}`, error)
  }
}

const listKinds = ['List', 'NodeList']

const listSchema = z.looseObject({ kind: z.enum(listKinds), items: z.array(z.unknown()) })

/** What may be a Node, and where it stands. */
function itemsOf(document: unknown, where: string, path: string): readonly (readonly [unknown, string])[] {
  const kind = z.looseObject({ kind: z.string() }).safeParse(document).data?.kind
  if (kind === 'Node') return [[document, where]]
  const list = listSchema.safeParse(document)
  if (list.success) return list.data.items.map((item, index) => [item, `${where}items[${index}]: `])
  throw invalid(
    path,
    kind === undefined
      ? `${where}it has no kind: Node or List is expected`
      : `${where}kind is ${kind}: Node or List is expected`,
  )
}

/** YAML makes a Date of a time without quotes. */
const time = z.union([z.string(), z.date().transform((date) => date.toISOString())])

/** Of a Node, what podway reads; the rest stays as it is. */
const nodeSchema = z.looseObject({
  // The items of an API server's own list have none.
  kind: z.literal('Node').optional(),
  metadata: z.looseObject({
    name: z.string().min(1),
    uid: z.string().min(1).optional(),
    creationTimestamp: time.nullish(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z
    .looseObject({
      providerID: z.string().optional(),
      podCIDR: z.string().optional(),
      podCIDRs: z.array(z.string()).optional(),
    })
    .optional(),
  status: z
    .looseObject({
      addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).optional(),
    })
    .optional(),
})

function readNode(item: unknown, where: string, path: string): Node {
  const read = nodeSchema.safeParse(item)
  if (!read.success) {
    const [issue] = read.error.issues
    const field = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.map(String).join('.')
    throw invalid(path, `${where}${nameOf(item)}${field}: ${issue?.message ?? 'not of a Node’s shape'}`)
  }
  const { metadata, spec = {}, status } = read.data
  const { creationTimestamp, ...named } = metadata
  return {
    metadata: {
      resourceVersion: '',
      // No uid of an API server has a slash.
      uid: `file/${metadata.name}`,
      ...(named as { readonly name: string }),
      ...(creationTimestamp === undefined || creationTimestamp === null ? {} : { creationTimestamp }),
    },
    spec: spec as Node['spec'],
    ...(status === undefined ? {} : { status: { addresses: status.addresses ?? [] } }),
  }
}

function nameOf(item: unknown): string {
  const named = z.looseObject({ metadata: z.looseObject({ name: z.string() }) }).safeParse(item)
  return named.success ? `Node ${named.data.metadata.name}: ` : ''
}

const invalid = (path: string, why: string, cause?: unknown): NodeFileError =>
  new NodeFileError('ERR_NODE_FILE_INVALID', path, {
    problem: `The file of Nodes can't be understood (${why})`,
    remedy: 'It is to be what "kubectl get nodes -o yaml" writes, or documents of kind Node.',
    cause,
  })
