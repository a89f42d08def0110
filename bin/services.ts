import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from '../db/client.ts';
import { isRunning } from '../embedded/detached.ts';
import { startMailbox } from '../embedded/mailbox.ts';
import { type Log, StartError } from '../embedded/part.ts';
import { freePorts, isFree } from '../embedded/ports.ts';
import { startPostgres } from '../embedded/postgres.ts';
import { answers, ensureNamespace } from '../embedded/temporal/namespace.ts';
import { startTemporal } from '../embedded/temporal/start.ts';
import type { Configuration } from './configuration.ts';
import { keepRunning } from './keep-running.ts';

/** The servers that Couponry stands on, each embedded or somebody else's. */
export interface Services {
  databaseUrl: string;
  temporalAddress: string;
  /** null: this Temporal server brings no web UI, or we do not know where it is. */
  temporalUiUrl: string | null;
  smtpUrl: string;
  /** null: the mail server is not ours. */
  inboxUrl: string | null;
}

/** What the tools of the field expect, taken where nobody else has it. */
const PREFERRED_PORTS = { postgres: 54_320, temporal: 7233, smtp: 1025, inbox: 1080 };
type PortName = keyof typeof PREFERRED_PORTS;

/** The ports of the last start, so that URLs stay; others where somebody else took one meanwhile. */
const choosePorts = async (dataDir: string): Promise<Record<PortName, number>> => {
  const file = path.join(dataDir, 'ports.json');
  const last = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<PortName, number>) : PREFERRED_PORTS;
  const mailboxRuns = isRunning(path.join(dataDir, 'mailbox.pid'));
  const ours: Record<PortName, boolean> = {
    // A Postgres that still runs tells its own port.
    postgres: false,
    temporal: isRunning(path.join(dataDir, 'temporal/temporal.pid')),
    smtp: mailboxRuns,
    inbox: mailboxRuns,
  };
  const choose = async (name: PortName): Promise<[PortName, number]> => {
    if (ours[name] || (await isFree(last[name]))) return [name, last[name]];
    const [free = 0] = await freePorts(1);
    return [name, free];
  };
  const ports = Object.fromEntries(await Promise.all((Object.keys(PREFERRED_PORTS) as PortName[]).map(choose))) as Record<PortName, number>;
  writeFileSync(file, JSON.stringify(ports));
  return ports;
};

const DATABASE = 'couponry';

const databaseIn = async (url: string): Promise<string> => {
  const sql = connect(url, { max: 1 });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found === undefined) await sql.unsafe(`create database ${DATABASE}`);
  } finally {
    await sql.end();
  }
  return url.replace(/[^/]+$/, DATABASE);
};

const checkTemporal = async (address: string, namespace: string): Promise<void> => {
  if (!(await answers(address))) throw new StartError(`TEMPORAL_ADDRESS: no Temporal server answers at ${address}`);
  try {
    await ensureNamespace(address, namespace);
  } catch (error) {
    throw new StartError(`TEMPORAL_NAMESPACE: ${namespace} can be neither used nor made at ${address}: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

export interface BringUp {
  configuration: Configuration;
  log: Log;
  /** Ends what takes minutes. */
  signal: AbortSignal;
  /** Takes what stops each server, in the order in which they came up. */
  onStop: (name: string, stop: () => Promise<void>) => void;
}

/**
 * Brings up what the configuration does not name, all at once.
 * @throws {StartError} the first that failed, when all have come up or failed
 */
export const bringUpServices = async ({ configuration, log, signal, onStop }: BringUp): Promise<Services> => {
  const { dataDir, temporalNamespace } = configuration;
  const ports = await choosePorts(dataDir);

  const postgres = async (): Promise<string> => {
    if (configuration.databaseUrl !== null) return configuration.databaseUrl;
    const start = (port: number) => startPostgres({ dataDir, port, log });
    const part = await start(ports.postgres);
    onStop(
      'Postgres',
      keepRunning('Postgres', part, () => start(part.port), log),
    );
    log(`Postgres: ready on port ${part.port}`);
    return databaseIn(part.url);
  };
  const temporal = async (): Promise<{ address: string; uiUrl: string | null }> => {
    if (configuration.temporalAddress !== null) {
      await checkTemporal(configuration.temporalAddress, temporalNamespace);
      return { address: configuration.temporalAddress, uiUrl: null };
    }
    const start = () => startTemporal({ dataDir, port: ports.temporal, namespace: temporalNamespace, env: process.env, log, signal });
    const part = await start();
    onStop('Temporal', keepRunning('Temporal', part, start, log));
    log(`Temporal: ready at ${part.address}`);
    return part;
  };
  const mailbox = async (): Promise<{ smtpUrl: string; inboxUrl: string | null }> => {
    if (configuration.smtpUrl !== null) return { smtpUrl: configuration.smtpUrl, inboxUrl: null };
    const start = () => startMailbox({ dataDir, smtpPort: ports.smtp, webPort: ports.inbox, log });
    const part = await start();
    onStop('mailbox', keepRunning('The mailbox', part, start, log));
    log(`Mailbox: ready at ${part.inboxUrl}`);
    return part;
  };

  const [database, time, mail] = await Promise.allSettled([postgres(), temporal(), mailbox()]);
  if (database.status === 'rejected') throw database.reason;
  if (time.status === 'rejected') throw time.reason;
  if (mail.status === 'rejected') throw mail.reason;
  return {
    databaseUrl: database.value,
    temporalAddress: time.value.address,
    temporalUiUrl: time.value.uiUrl,
    smtpUrl: mail.value.smtpUrl,
    inboxUrl: mail.value.inboxUrl,
  };
};
