import { type JsonObject, optionalArray, requireObject, requireString } from './json.ts'

/** One interface of one container. */
export interface Attachment {
  readonly containerId: string
  readonly ifName: string
}

const key = 'cni.dev/valid-attachments'
/** What runtimes said before 1.1.0 was clear about it (https://github.com/containernetworking/cni/issues/1101). */
const oldKey = 'cni.dev/attachments'

/**
 * Reads which attachments GC must keep. An empty list says that none is valid; undefined, without the key, that nobody
 * knows.
 *
 * @throws CniError "config" (7)
 */
export function readValidAttachments(json: JsonObject): readonly Attachment[] | undefined {
  const list = optionalArray(json, key, key) ?? optionalArray(json, oldKey, oldKey)
  return list?.map((entry, i) => {
    const { containerID, ifname } = requireObject(entry, `${key}[${i}]`)
    return {
      containerId: requireString(containerID, `${key}[${i}].containerID`),
      ifName: requireString(ifname, `${key}[${i}].ifname`),
    }
  })
}
