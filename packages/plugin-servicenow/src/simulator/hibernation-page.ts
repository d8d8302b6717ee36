import { html, htmlPage } from '@tripline/adapter-testkit/simulator'

/** What a sleeping instance answers to everything. */
export const hibernationPage = htmlPage({
  title: 'Instance Hibernating page',
  heading: 'ServiceNow',
  navigation: html``,
  main: html`<h1>Your instance is hibernating</h1>
    <p>Sign in to the site to wake your instance</p>`,
})
