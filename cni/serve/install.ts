import { type Place, executableNames, ownName, placeOf } from './executables.ts'
import { makeFolder } from './folder.ts'
import type { Context, Handler } from './handler.ts'
import { Fields } from './parameters.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Puts this executable where runtimes look for plugins, if it is not there: also after somebody has taken it away
 * (https://github.com/flannel-io/flannel/issues/1721). What others have put there under a plugin's name stays; our own
 * name is ours.
 *
 * A new file takes the place of the old one as a whole, complete and on the disk: a runtime starts one or the other, and
 * the kernel never says that a file is busy (https://github.com/projectcalico/calico/issues/8932). Each name has a file of
 * its own, so that whoever writes into one of them, as `cp` does, spoils just that.
 */
export const install: Handler<'cni.install'> = (parameters, context) => {
  new Fields(parameters, 'parameters', [])
  const { system, serving, settings } = context
  makeFolder(system.files, settings.binDir)
  const changed: string[] = []
  for (const name of executableNames) {
    const place = placeOf(context, name)
    if (!isToBePlaced(name, place)) continue
    placeExecutable(context, `${settings.binDir}/${name}`)
    changed.push(`${place === 'absent' ? 'installed' : 'replaced'} ${settings.binDir}/${name}`)
  }
  if (changed.length > 0) serving.syncFolder(settings.binDir)
  return { changed }
}

function isToBePlaced(name: string, place: Place): boolean {
  switch (place) {
    case 'current':
      return false
    case 'absent':
    case 'outdated':
      return true
    case 'foreign':
      return name === ownName
  }
}

function placeExecutable({ system, serving }: Context, path: string): void {
  replaceFile(system.files, serving, path, (temporary) => serving.copyExecutable(temporary))
}
