import {
  emptyAnswer,
  jsonAnswer,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { errorCollection } from './jira-error.ts'
import { isCloud, type Jira } from './jira.ts'
import { findIssue } from './jira-state.ts'

export interface RateLimit {
  readonly requests: number
  readonly windowMs: number
}

/** None by default. */
export interface RateLimits {
  /** Of one user, over everything. */
  readonly burst?: RateLimit | undefined
  /** Changes of one issue, whoever makes them. */
  readonly perIssueWrites?: RateLimit | undefined
}

/** Counts requests, and answers 429 to those that exceed a limit. */
export interface RateLimiter {
  refusal(request: SimulatorRequest, caller: string): SimulatorAnswer | null
  clear(): void
}

export function createRateLimiter(jira: Jira, limits: RateLimits): RateLimiter {
  const bursts = new Map<string, number[]>()
  const writes = new Map<string, number[]>()
  return {
    refusal(request, caller) {
      const issue = writtenIssue(jira, request)
      return (
        exceeded(jira, bursts, caller, limits.burst, 'jira-burst-based') ??
        (issue === null
          ? null
          : exceeded(jira, writes, issue, limits.perIssueWrites, 'jira-per-issue-on-write'))
      )
    },
    clear() {
      bursts.clear()
      writes.clear()
    },
  }
}

function exceeded(
  jira: Jira,
  counted: Map<string, number[]>,
  subject: string,
  limit: RateLimit | undefined,
  reason: string,
): SimulatorAnswer | null {
  if (limit === undefined) return null
  const now = jira.now().getTime()
  const recent = (counted.get(subject) ?? []).filter((at) => at > now - limit.windowMs)
  counted.set(subject, recent)
  const oldest = recent[0]
  if (recent.length < limit.requests || oldest === undefined) {
    recent.push(now)
    return null
  }
  const waitMs = oldest + limit.windowMs - now
  return tooMany(jira, limit, reason, waitMs)
}

function tooMany(jira: Jira, limit: RateLimit, reason: string, waitMs: number): SimulatorAnswer {
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1_000)))
  const shared = { 'x-ratelimit-limit': String(limit.requests), 'x-ratelimit-remaining': '0' }
  if (isCloud(jira)) {
    return jsonAnswer(429, errorCollection('Rate limit exceeded.'), {
      ...shared,
      'retry-after': retryAfter,
      'x-ratelimit-reset': new Date(jira.now().getTime() + waitMs).toISOString(),
      'ratelimit-reason': reason,
    })
  }
  return emptyAnswer(429, {
    ...shared,
    'retry-after': retryAfter,
    'x-ratelimit-fillrate': String(limit.requests),
    'x-ratelimit-interval-seconds': String(Math.ceil(limit.windowMs / 1_000)),
  })
}

function writtenIssue(jira: Jira, request: SimulatorRequest): string | null {
  if (request.method === 'GET') return null
  const reference = /^\/rest\/api\/[23]\/issue\/([^/]+)/.exec(request.path)?.[1]
  return reference === undefined ? null : (findIssue(jira.state, reference)?.id ?? null)
}
