import { AnswerNow } from '@tripline/adapter-testkit/simulator'
import type { Chance } from './chance.ts'
import { colleagues, dedupeKeyOf, type JiraSite } from './jira-site.ts'
import type { World } from './world.ts'

/** One thing that a person does to a ticket, in the ticketing system itself. */
export function actThere(world: World, chance: Chance): void {
  const site = chance.one(world.sites)
  const issues = site.jira.issues()
  if (issues.length === 0) return
  const issue = chance.one(issues)
  const act = chance.weighted([
    [50, move],
    [25, assign],
    [10, reword],
    [4, comment],
    [3, moveAway],
    [1, remove],
  ])
  try {
    act(world, site, issue.id, chance)
    world.log.ticketEdits += 1
  } catch (error) {
    // Jira forbids it: no such transition from here, for instance.
    if (!(error instanceof AnswerNow)) throw error
  }
}

function move(_: World, { jira }: JiraSite, id: string, chance: Chance): void {
  const status = chance.one(['To Do', 'In Progress', 'In Review', 'Done'])
  const resolution = chance.one(['Done', "Won't Do", 'Duplicate'])
  const fields = status === 'Done' && chance.happens(0.8) ? { resolution: { name: resolution } } : {}
  jira.transitionAsPerson(id, status, chance.one(colleagues), fields)
}

function assign(_: World, { jira }: JiraSite, id: string, chance: Chance): void {
  const assignee = chance.happens(0.2) ? null : chance.one(colleagues)
  jira.assignAsPerson(id, assignee, chance.one(colleagues))
}

function reword(_: World, { jira }: JiraSite, id: string, chance: Chance): void {
  const text = `In other words, ${chance.integer(1, 1_000_000)}`
  jira.editIssueAsPerson(
    id,
    chance.happens(0.5) ? { summary: text } : { description: text },
    chance.one(colleagues),
  )
}

function comment(_: World, { jira }: JiraSite, id: string, chance: Chance): void {
  jira.commentAsPerson(id, 'Seen.', chance.one(colleagues))
}

function moveAway(_: World, { jira }: JiraSite, id: string, chance: Chance): void {
  jira.moveIssue(id, chance.one(['NET', 'SEC']), chance.one(colleagues))
}

function remove(world: World, site: JiraSite, id: string): void {
  const issue = site.jira.issue(id)
  // Not before it is known here: a ticket that is gone before its create was answered can only be made again.
  if (issue === null || (dedupeKeyOf(issue) !== null && !world.isKnownTicket(site, id))) return
  site.jira.deleteIssue(id, 'tripline')
  world.deleted.push({ site, issue })
}
