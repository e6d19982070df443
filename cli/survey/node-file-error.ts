/** The file of Nodes can't be used. `message` says which, why, and what to do. */
export class NodeFileError extends Error {
  override readonly name = 'NodeFileError'
  readonly code: 'ERR_NODE_FILE_UNREADABLE' | 'ERR_NODE_FILE_INVALID'
  readonly path: string

  constructor(
    code: NodeFileError['code'],
    path: string,
    told: { readonly problem: string; readonly remedy: string; readonly cause?: unknown },
  ) {
    super(`${told.problem}: ${path}. ${told.remedy}`, { cause: told.cause })
    this.code = code
    this.path = path
  }
}
