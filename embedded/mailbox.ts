import { mkdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import path from 'node:path';
import { startDetached } from './detached.ts';
import { type Log, type Part, StartError } from './part.ts';

export interface MailboxOptions {
  dataDir: string;
  smtpPort: number;
  webPort: number;
  log: Log;
}

export interface Mailbox extends Part {
  smtpUrl: string;
  /** The inbox to look at; `GET <inboxUrl>/api/email` lists the mails. */
  inboxUrl: string;
}

/**
 * Brings up maildev: a real SMTP server on the loopback address with an inbox to look at. Mails are files in the data folder.
 * @throws {StartError}
 */
export const startMailbox = async (options: MailboxOptions): Promise<Mailbox> => {
  const manifest = findPackageJSON('maildev', import.meta.url);
  if (manifest === undefined) throw new StartError('maildev is not in node_modules: run `npm ci`, or set SMTP_URL');
  const program = path.join(path.dirname(manifest), 'dist/bin/maildev.js');
  const mailDir = path.join(options.dataDir, 'mail');
  mkdirSync(mailDir, { recursive: true, mode: 0o700 });
  const inboxUrl = `http://127.0.0.1:${options.webPort}`;
  const address = ['--ip', '127.0.0.1', '--web-ip', '127.0.0.1', '--smtp', String(options.smtpPort), '--web', String(options.webPort)];
  const part = await startDetached({
    name: 'The mailbox',
    command: process.execPath,
    args: [program, ...address, '--mail-directory', mailDir, '--silent'],
    logFile: path.join(options.dataDir, 'mailbox.log'),
    pidFile: path.join(options.dataDir, 'mailbox.pid'),
    ready: async () => (await fetch(`${inboxUrl}/api/email`, { signal: AbortSignal.timeout(1000) }).catch(() => null))?.ok === true,
    readyWithinMs: 30_000,
    graceMs: 2000,
    log: options.log,
  });
  return { ...part, smtpUrl: `smtp://127.0.0.1:${options.smtpPort}`, inboxUrl };
};
