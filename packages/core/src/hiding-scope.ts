const categories: Readonly<Record<string, string>> = { all_security: 'sec', all_performance: 'perf' }

/** The category that a word for many kinds of detections stands for; `null`: it names one kind. */
export function categoryOfScope(type: string): string | null {
  return Object.hasOwn(categories, type) ? (categories[type] ?? null) : null
}
