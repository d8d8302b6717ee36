import { isCloud, type Jira } from './jira.ts'
import { userOf, type JiraUser } from './site.ts'

/** A user as this flavour shows users: by account id on Cloud, by name and key on Data Center. */
export function userJson(jira: Jira, user: JiraUser): Record<string, unknown> {
  const { baseUrl, site } = jira
  const avatar = `${baseUrl}/secure/useravatar?ownerId=${user.key}`
  const shared = {
    avatarUrls: { '48x48': `${avatar}&size=large`, '24x24': `${avatar}&size=small` },
    displayName: user.displayName,
    active: user.active,
    timeZone: site.timeZone,
  }
  if (isCloud(jira)) {
    return {
      self: `${baseUrl}/rest/api/3/user?accountId=${encodeURIComponent(user.accountId)}`,
      accountId: user.accountId,
      accountType: 'atlassian',
      ...(user.emailVisible ? { emailAddress: user.emailAddress } : {}),
      ...shared,
    }
  }
  return {
    self: `${baseUrl}/rest/api/2/user?username=${encodeURIComponent(user.name)}`,
    key: user.key,
    name: user.name,
    emailAddress: user.emailAddress,
    ...shared,
  }
}

export function userJsonById(jira: Jira, accountId: string | null): Record<string, unknown> | null {
  return accountId === null ? null : userJson(jira, userOf(jira.site, accountId))
}
