import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { connect } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { startMailbox } from '../embedded/mailbox.ts';
import type { Part } from '../embedded/part.ts';
import { freePorts, isFree } from '../embedded/ports.ts';
import { startPostgres } from '../embedded/postgres.ts';
import { startTemporal } from '../embedded/temporal/start.ts';
import { TEMPLATE_DATABASE } from './harness/template-database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the database `postgres`, as its superuser. */
    postgresUrl: string;
    temporalAddress: string;
    smtpUrl: string;
    inboxUrl: string;
  }
}

/** Nothing here survives a crash of the machine, so nothing is synchronized. */
const QUICK = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' };

const ATTEMPTS = 3;

/** A first start makes a cluster, which takes seconds: long enough for somebody else to take a port that was free. */
const startOnFreePort = async <P>(start: (port: number) => Promise<P>): Promise<P> => {
  for (let attempt = 1; ; attempt++) {
    const [port = 0] = await freePorts(1);
    try {
      return await start(port);
    } catch (error) {
      if (attempt === ATTEMPTS || (await isFree(port))) throw error;
    }
  }
};

/** Starts one Postgres, one Temporal server and one mailbox for the run, and stops them at its end. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'couponry-test-'));
  const [temporalPort = 0, smtpPort = 0, webPort = 0] = await freePorts(3);
  const log = (line: string): void => console.log(line);
  const started: Part[] = [];
  // vitest that is interrupted does not wait for the teardown.
  const killAll = (): void => started.forEach(({ pid }) => kill(pid));
  process.once('exit', killAll);
  const keep = async <P extends Part>(starting: Promise<P>): Promise<P> => {
    const part = await starting;
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.stop()));
    process.off('exit', killAll);
    rmSync(dataDir, { recursive: true, force: true });
  };

  const results = await Promise.allSettled([
    keep(startOnFreePort((port) => startPostgres({ dataDir, port, settings: QUICK, log }))),
    keep(startTemporal({ dataDir, port: temporalPort, namespace: 'default', env: process.env, log })),
    keep(startMailbox({ dataDir, smtpPort, webPort, log })),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const [postgres, temporal, mailbox] = results.map((result) => (result as PromiseFulfilledResult<Part>).value) as [
    Awaited<ReturnType<typeof startPostgres>>,
    Awaited<ReturnType<typeof startTemporal>>,
    Awaited<ReturnType<typeof startMailbox>>,
  ];
  await makeTemplate(postgres.url);
  project.provide('postgresUrl', postgres.url);
  project.provide('temporalAddress', temporal.address);
  project.provide('smtpUrl', mailbox.smtpUrl);
  project.provide('inboxUrl', mailbox.inboxUrl);
  return stop;
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone already.
  }
};

const makeTemplate = async (url: string): Promise<void> => {
  const admin = connect(url, { max: 1 });
  await admin.unsafe(`create database ${TEMPLATE_DATABASE}`);
  await admin.end();
  const template = connect(url.replace(/[^/]+$/, TEMPLATE_DATABASE), { max: 1 });
  await migrate(template);
  await template.end();
};
