/** A Python that only tells about itself. */
export const pythonThatSays = (about: { readonly version: string; readonly venv?: boolean }): string =>
  `printf '%s' '${JSON.stringify({
    executable: '/usr/bin/python3',
    implementation: 'cpython',
    version: about.version.split('.').map(Number),
    machine: 'x86_64',
    venv: about.venv ?? true,
  })}'`

/** A Python 3.12 whose `-m venv` makes a folder with a copy of itself, and whose pip does what the script says. */
export const pythonWithPip = (pip: string): string => `
case "$1 $2" in
  "-I -c") printf '{"executable":"%s","implementation":"cpython","version":[3,12,1],"machine":"x86_64","venv":true}' "$0" ;;
  "-m venv") /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python" ;;
  "-m pip") ${pip} ;;
esac`
