/** Text as it may stand in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** HTML that was put together by `html` and needs no more escaping. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Insert = Html | string | number | null | readonly Insert[]

/** A template whose inserts are escaped unless they are `Html` themselves. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Html(
    strings
      .map((text, index) => text + (index < inserts.length ? rendered(inserts[index] ?? null) : ''))
      .join(''),
  )
}

function rendered(insert: Insert): string {
  if (insert === null) return ''
  if (insert instanceof Html) return insert.text
  if (typeof insert === 'object') return insert.map(rendered).join('')
  return escapeHtml(String(insert))
}

const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#f6f7f9, #14171c); --sheet: light-dark(#fff, #1d2128);
  --ink: light-dark(#1c2430, #e4e8ee); --faint: light-dark(#5d6878, #98a3b3); --line: light-dark(#dde1e7, #323945);
  --accent: light-dark(#1558d6, #7fb0ff) }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
header { background: var(--sheet); border-bottom: 1px solid var(--line); padding: .7rem 1.5rem; display: flex; gap: 1.5rem; align-items: baseline; flex-wrap: wrap }
header strong { font-size: 1.05rem } main { max-width: 76rem; margin: 0 auto; padding: 1.5rem }
a { color: var(--accent); text-decoration: none } a:hover { text-decoration: underline }
h1 { font-size: 1.4rem; margin: .2rem 0 1rem } h2 { font-size: 1rem; margin: 0 0 .6rem }
.faint { color: var(--faint); font-size: .87rem } .sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin-bottom: 1rem; overflow-x: auto }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; align-items: start }
.split { display: grid; grid-template-columns: minmax(0, 2fr) minmax(16rem, 1fr); gap: 1rem; align-items: start }
@media (max-width: 50rem) { .split { grid-template-columns: 1fr } }
.card { display: block; border: 1px solid var(--line); border-radius: 6px; padding: .6rem .7rem; margin-top: .6rem; color: inherit; overflow-wrap: anywhere }
.card:hover { border-color: var(--accent); text-decoration: none }
.badge { display: inline-block; border-radius: 4px; padding: 0 .45rem; font-size: .8rem; border: 1px solid var(--line) }
.new { background: light-dark(#e6e9ef, #313846) } .indeterminate { background: light-dark(#dbe8ff, #1d3a66) } .done { background: light-dark(#d8f3e2, #174a31) }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 0 } code { font-size: .9em }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .8rem } label { display: grid; gap: .15rem; font-size: .87rem; color: var(--faint); flex: 1 1 9rem }
select, textarea, button { font: inherit; padding: .35rem .5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: var(--ink) }
button { background: var(--accent); color: light-dark(#fff, #10151d); border-color: transparent; cursor: pointer; align-self: end }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
`

/** A whole page in the simulators' look. */
export function htmlPage(options: { title: string; heading: string; navigation: Html; main: Html }): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${options.title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header><strong>${options.heading}</strong>${options.navigation}</header>
        <main>${options.main}</main>
      </body>
    </html>`.text
}
