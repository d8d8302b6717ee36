/** What a newcomer is told once everything runs. */
export interface DevPlaces {
  readonly serverUrl: string
  readonly simulatorUrl: string
  readonly apiKey: string
  readonly dataDir: string
}

/** The text shown when `dev` is ready. */
export function devWelcome({ serverUrl, simulatorUrl, apiKey, dataDir }: DevPlaces): string {
  return `
Tripline is ready.

  GraphiQL        ${serverUrl}/graphql
  API key         ${apiKey}
  Simulated Jira  ${simulatorUrl}
  Data            ${dataDir}

Detections with a risk score of 60 and above get a ticket in the simulated Jira. Open one there, move it to
In Progress or Done, and see the detection follow:

  curl -s ${serverUrl}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${apiKey}' \\
    -d '{"query":"{ detections(first: 5) { nodes { detectionId title riskScore status assignee { username } ticketId } } }"}'

Ctrl-C ends it; the next start goes on from here.
`
}
