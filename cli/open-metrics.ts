export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/**
 * Prometheus' text format as OpenMetrics 1.0: a counter's family is named without `_total`, there are no empty lines, and an
 * end mark. Not prom-client's (15.1.3) own: it takes `_total` off the registered counters for good, so that they are
 * called something else in the next answer in Prometheus' own format.
 */
export function openMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []))
  const renamed = lines.map((line) =>
    line.replace(/^# (HELP|TYPE) (\S+)_total /, (whole, keyword: string, name: string) =>
      counters.has(name) ? `# ${keyword} ${name} ` : whole,
    ),
  )
  return `${[...renamed, '# EOF'].join('\n')}\n`
}
