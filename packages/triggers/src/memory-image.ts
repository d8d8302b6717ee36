/** The memory of a WebAssembly module as it was at one moment. */
export interface MemoryImage {
  /** Makes the memory what it was. What lay beyond its used end is left: the allocator takes it for unused. */
  restore(): void
}

interface Part {
  readonly start: number
  readonly bytes: Uint8Array
}

const PAGE = 4_096
/** Of so many empty pages in a row only the module's stack consists, and below its pointer nothing counts. */
const STACK_PAGES = 256

/** Keeps what is in the memory now. */
export function takeMemoryImage(memory: WebAssembly.Memory): MemoryImage {
  const parts = usedParts(new Uint8Array(memory.buffer))
  return {
    restore() {
      // A new view, because growing replaces the buffer.
      const bytes = new Uint8Array(memory.buffer)
      for (const part of parts) bytes.set(part.bytes, part.start)
    },
  }
}

function usedParts(bytes: Uint8Array): readonly Part[] {
  const parts: Part[] = []
  let start = 0
  let end = 0
  for (let page = 0; page < bytes.length; page += PAGE) {
    if (bytes.subarray(page, page + PAGE).every((byte) => byte === 0)) continue
    if (page - end > STACK_PAGES * PAGE) {
      if (end > start) parts.push({ start, bytes: bytes.slice(start, end) })
      start = page
    }
    end = page + PAGE
  }
  if (end > start) parts.push({ start, bytes: bytes.slice(start, end) })
  return parts
}
