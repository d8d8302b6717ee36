/** The ticketing systems that can be tortured, in the order in which a number of them is taken. */
export const siteNames = ['cloud', 'data-center', 'salesforce', 'servicenow'] as const

export type SiteName = (typeof siteNames)[number]

export function isSiteName(text: string): text is SiteName {
  return siteNames.some((name) => name === text)
}
