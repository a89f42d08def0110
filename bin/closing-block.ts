import path from 'node:path';
import type { DevelopmentFile } from './data-folder.ts';

/** What the terminal shows when Couponry runs: where things are, the keys, and what to try. */
export const closingBlock = (development: DevelopmentFile, temporalUiUrl: string | null, dataDir: string): string => {
  const { apiUrl, inboxUrl, temporalAddress, projects, signupSource } = development;
  const { sandbox, live } = projects;
  return `
Couponry runs. Ctrl-C stops it; started again, it goes on where it was.

  API         ${apiUrl}
  API docs    ${apiUrl}/docs
  Inbox       ${inboxUrl ?? '(your mail server)'}
  Temporal    ${temporalUiUrl ?? temporalAddress}
  Signups     POST ${signupSource.url}
              secret ${signupSource.secret}

  Sandbox     X-App-Id: ${sandbox.appId}   X-App-Token: ${sandbox.secretKey}
              publishable ${sandbox.publishableKey}
  Live        X-App-Id: ${live.appId}   X-App-Token: ${live.secretKey}
              publishable ${live.publishableKey}
  All of this is also in ${path.relative('', dataDir) || '.'}/dev.json

Try, in another terminal:

  npx couponry demo
  curl ${apiUrl}/v1/campaigns -H 'X-App-Id: ${sandbox.appId}' -H 'X-App-Token: ${sandbox.secretKey}'
  curl ${apiUrl}/readyz
`;
};
