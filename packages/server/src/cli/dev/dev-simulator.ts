import { join } from 'node:path'
import { startJiraSimulator, type JiraSimulator } from '@tripline/plugin-jira/simulator'

/** Starts the simulated Jira where it was the last time, or on a free port when that one is taken. */
export async function startDevSimulator(dataDir: string, port: number | null): Promise<JiraSimulator> {
  const options = { flavour: 'cloud', dataFile: join(dataDir, 'jira-simulator.json') } as const
  if (port === null) return startJiraSimulator(options)
  try {
    return await startJiraSimulator({ ...options, port })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      return startJiraSimulator(options)
    throw error
  }
}
