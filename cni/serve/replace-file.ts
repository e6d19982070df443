import { type Files, type Serving, isSysError } from '../sys.ts'

/** The name that a file has until it is complete: no runtime loads what ends like that. */
export const temporaryPath = (path: string): string => {
  const slash = path.lastIndexOf('/')
  return `${path.slice(0, slash)}/.${path.slice(slash + 1)}.podway-tmp`
}

/**
 * Has a file made beside its place, and moves it there when it is complete: whoever opens the path finds the old one or
 * the new one. What a server has left behind that was killed half-way is taken away; so is what failed.
 */
export function replaceFile(
  files: Files,
  serving: Serving,
  path: string,
  make: (temporary: string) => void,
): void {
  const temporary = temporaryPath(path)
  removeIfThere(files, serving, temporary)
  try {
    make(temporary)
    serving.rename(temporary, path)
  } catch (error) {
    try {
      removeIfThere(files, serving, temporary)
    } catch (second) {
      // The first error says more; the next call finds the file.
      if (!isSysError(second)) throw second
    }
    throw error
  }
}

/** Whether there was such a file. */
export function removeIfThere(files: Files, serving: Serving, path: string): boolean {
  if (serving.status(path) === undefined) return false
  files.remove(path)
  return true
}
