import type { Backlink } from '@tripline/core'
import type { JiraClient } from './jira-client.ts'

/**
 * Puts the link back to the detection on an issue, once however often it is called: Jira keeps one remote link per global id.
 * Without a public address there is nothing to link to. Whether the issue is there.
 */
export async function putBacklink(client: JiraClient, id: string, backlink: Backlink): Promise<boolean> {
  const { dedupeKey, url, title } = backlink
  if (url === null) return true
  return client.putRemoteLink(id, {
    globalId: `tripline:${dedupeKey}`,
    relationship: 'security detection',
    application: { type: 'tripline', name: 'Tripline' },
    object: { url, title },
  })
}
