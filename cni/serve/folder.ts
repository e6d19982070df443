import { Errno, type Files, isSysError } from '../sys.ts'

/** Makes a folder and those above it, where they are missing. */
export function makeFolder(files: Files, path: string): void {
  try {
    files.makeDirectory(path, 0o755)
  } catch (error) {
    if (isSysError(error, Errno.EEXIST)) return
    const slash = path.lastIndexOf('/')
    if (!isSysError(error, Errno.ENOENT) || slash <= 0) throw error
    makeFolder(files, path.slice(0, slash))
    // Somebody else may have been faster since.
    makeFolder(files, path)
  }
}
