export const reportFormats = ['table', 'json', 'yaml'] as const
export type ReportFormat = (typeof reportFormats)[number]
