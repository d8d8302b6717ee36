/** The simulated ticketing systems that can be tortured, in the order in which a number of them is taken. */
export const siteNames = ['cloud', 'data-center', 'salesforce', 'servicenow'] as const

/** A genuine one, which can be had only where it can be installed. */
export const genuineSiteNames = ['request-tracker'] as const

export type SiteName = (typeof siteNames)[number] | (typeof genuineSiteNames)[number]

export function isSiteName(text: string): text is SiteName {
  return [...siteNames, ...genuineSiteNames].some((name) => name === text)
}
