import { installRequestTracker } from '../../packages/plugin-request-tracker/test/real/installation.ts'
import type { Chance } from './chance.ts'
import { startJiraSite } from './jira-site.ts'
import { startRequestTrackerSite } from './request-tracker-site.ts'
import { startSalesforceSite } from './salesforce-site.ts'
import { startServiceNowSite } from './servicenow-site.ts'
import type { SiteName } from './site-names.ts'
import type { Site } from './site.ts'
import type { TortureOptions } from './torture-options.ts'

type Start = (options: TortureOptions, chance: Chance) => Promise<Site>

const starts: Readonly<Record<SiteName, Start>> = {
  cloud: ({ conflicts, seed }, chance) =>
    startJiraSite({
      name: 'Cloud',
      flavour: 'cloud',
      seed,
      searchLagMs: 400,
      resolutionOnDone: chance.one(['optional', 'required'] as const),
      perIssueWritesPerSecond: null,
      conflicts: conflicts ?? chance.one(['prefer-ticket', 'prefer-tripline'] as const),
    }),
  'data-center': ({ conflicts, seed }, chance) =>
    startJiraSite({
      name: 'Data Center',
      flavour: 'data-center',
      seed: seed + 1,
      searchLagMs: 0,
      resolutionOnDone: chance.one(['optional', 'required', 'absent'] as const),
      perIssueWritesPerSecond: 6,
      conflicts: conflicts ?? chance.one(['prefer-ticket', 'prefer-tripline', 'ask'] as const),
    }),
  salesforce: ({ conflicts, seed }, chance) =>
    startSalesforceSite({
      name: 'Salesforce',
      seed: seed + 2,
      nobody: chance.one(['queue', 'integration'] as const),
      comments: chance.one(['case-comment', 'feed'] as const),
      conflicts: conflicts ?? chance.one(['prefer-ticket', 'prefer-tripline', 'ask'] as const),
    }),
  servicenow: ({ conflicts, seed }, chance) =>
    startServiceNowSite({
      name: 'ServiceNow',
      seed: seed + 3,
      comments: chance.one(['work_notes', 'comments'] as const),
      conflicts: conflicts ?? chance.one(['prefer-ticket', 'prefer-tripline', 'ask'] as const),
    }),
  'request-tracker': ({ conflicts, seed }, chance) =>
    startRequestTrackerSite({
      name: 'Request Tracker',
      seed: seed + 4,
      lifecycle: chance.one(['detections', 'any order'] as const),
      conflicts: conflicts ?? chance.one(['prefer-ticket', 'prefer-tripline', 'ask'] as const),
    }),
}

/** Why some of the sites cannot be had here; `null`: all can. What can be installed for them is installed. */
export async function whyUnavailable(names: readonly SiteName[]): Promise<string | null> {
  if (!names.includes('request-tracker')) return null
  return (await installRequestTracker())?.reason ?? null
}

/** Starts the sites of a torture, each with choices of its own, whichever others there are. */
export async function startSites(options: TortureOptions, chance: Chance): Promise<readonly Site[]> {
  return await Promise.all(options.sites.map((name) => starts[name](options, chance.fork(name))))
}
