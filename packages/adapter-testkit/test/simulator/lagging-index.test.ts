import { describe, expect, it } from 'vitest'
import { createLaggingIndex, manualClock } from '@tripline/adapter-testkit/simulator'

function indexWithLag(lagMs: number) {
  const clock = manualClock(new Date(0))
  return { clock, index: createLaggingIndex<string>({ lagMs: () => lagMs, now: clock.now }) }
}

describe('the lagging index', () => {
  it('shows a new thing only after the lag', () => {
    const { clock, index } = indexWithLag(1_000)
    index.record('1', 'new')
    clock.advance(999)
    expect(index.visible()).toEqual([])
    clock.advance(1)
    expect(index.visible()).toEqual(['new'])
  })

  it('shows the old state of a changed thing meanwhile, and the newest to those who ask for it', () => {
    const { clock, index } = indexWithLag(1_000)
    index.record('1', 'old')
    clock.advance(1_000)
    index.record('1', 'changed')
    expect(index.visible()).toEqual(['old'])
    expect(index.latest('1')).toBe('changed')
    clock.advance(1_000)
    expect(index.visible()).toEqual(['changed'])
  })

  it('still shows a deleted thing during the lag', () => {
    const { clock, index } = indexWithLag(1_000)
    index.record('1', 'there')
    clock.advance(1_000)
    index.record('1', null)
    expect(index.visible()).toEqual(['there'])
    clock.advance(1_000)
    expect(index.visible()).toEqual([])
    expect(index.latest('1')).toBeNull()
  })

  it('without lag shows everything at once', () => {
    const { index } = indexWithLag(0)
    index.record('1', 'new')
    expect(index.visible()).toEqual(['new'])
  })
})
