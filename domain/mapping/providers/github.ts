import type { MappingDefinition } from '../definition.ts';

/** Whoever did something is the customer: for developer programmes. */
export const githubMapping: MappingDefinition = {
  rules: [
    { when: 'headers["x-github-event"] == "ping"', ignore: true },
    {
      event: 'has(payload.action) ? "github." + headers["x-github-event"] + "." + payload.action : "github." + headers["x-github-event"]',
      customer: { source_id: 'payload.sender.id', name: 'payload.sender.login' },
      properties: 'payload',
    },
  ],
};
