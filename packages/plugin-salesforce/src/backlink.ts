import { type Backlink, singleLine } from '@tripline/core'
import { isLinkable } from './case-mapping.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { type CaseRecord, linkPostSchema } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'
import { quoted } from './soql.ts'

/**
 * Puts the link back to the detection on a case, once however often it is called: into the backlink field while that is
 * empty, else as a link post in the case's feed, which holds any number of them. Without a public address there is nothing
 * to link to.
 */
export async function putBacklink(
  client: SalesforceClient,
  record: CaseRecord,
  { title, url }: Backlink,
  { caseUrlField }: SalesforceSettings,
): Promise<void> {
  if (url === null) return
  const { Id: id, LastModifiedDate } = record
  const held = caseUrlField === undefined ? undefined : record[caseUrlField]
  if (held === url) return
  if (caseUrlField !== undefined && isLinkable(url) && (held === null || held === undefined || held === '')) {
    return client.updateCase(id, { [caseUrlField]: url }, LastModifiedDate)
  }
  return postBacklink(client, id, { title, url })
}

/** Posts the link to the feed of a case, unless it is there. */
export async function postBacklink(
  client: SalesforceClient,
  id: string,
  { title, url }: Pick<Backlink, 'title' | 'url'>,
): Promise<void> {
  if (url === null) return
  const soql = `SELECT Id, LinkUrl FROM FeedItem WHERE ParentId = ${quoted(id)} AND Type = 'LinkPost'`
  const posts = await client.queryAll(soql, linkPostSchema)
  if (posts.some(({ LinkUrl }) => LinkUrl === url)) return
  await client.createRecord('FeedItem', {
    ParentId: id,
    Type: 'LinkPost',
    LinkUrl: url,
    Title: singleLine(title, 255) || url,
  })
}
