import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CAMPAIGN_VOUCHERS_GENERATE, createMakeVouchers } from '../../activities/bulk/make-vouchers.ts';
import type { BulkProgress } from '../../activities/bulk/bulk-kind.ts';
import { enqueueAsyncAction, lockAsyncAction } from '../../db/bulk/async-actions.ts';
import { createCampaign } from '../../db/campaign/campaigns.ts';
import { connect, type Sql } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { createProject, type Project } from '../../db/project/projects.ts';
import { freePorts } from '../../embedded/ports.ts';
import { type EmbeddedPostgres, startPostgres } from '../../embedded/postgres.ts';
import { until } from '../harness/relay.ts';

const BATCH = 500;
const TOTAL = 3_000;
/** It writes what nobody waits for as late as it can, so that a crash takes something back. */
const LAZY = { wal_writer_delay: '10000', wal_writer_flush_after: '1GB', fsync: 'off' };

const dataDir = mkdtempSync(path.join(tmpdir(), 'couponry-crash-'));
const kind = createMakeVouchers({ now: () => new Date(), randomBytes, batch: BATCH });

let port: number;
let postgres: EmbeddedPostgres;
let sql: Sql;
let project: Project;
let campaignId: string;

const start = async (): Promise<void> => {
  postgres = await startPostgres({ dataDir, port, settings: LAZY, log: () => {} });
  sql = connect(postgres.url, { max: 1 });
};

/** Ends Postgres without letting it write anything down, and brings it back. */
const crash = async (): Promise<void> => {
  process.kill(postgres.pid, 'SIGQUIT');
  await sql.end({ timeout: 0 });
  await until('Postgres is gone', async () => {
    try {
      return !process.kill(postgres.pid, 0);
    } catch {
      return true;
    }
  });
  await start();
};

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  await start();
  await migrate(sql);
  project = await createProject(sql, { name: 'Crash', mode: 'live' });
  const campaign = await sql.begin((tx) =>
    createCampaign(
      tx,
      {
        projectId: project.id,
        name: 'Mailing',
        campaignType: 'DISCOUNT_COUPONS',
        type: 'STATIC',
        template: { type: 'DISCOUNT_VOUCHER', discount: { type: 'PERCENT', percent_off: 10 }, redemption: { quantity: 1 } },
        startDate: null,
        expirationDate: null,
        active: true,
        category: null,
        description: null,
        metadata: {},
      },
      new Date(),
    ),
  );
  campaignId = campaign!.id;
}, 60_000);

afterAll(async () => {
  await sql.end({ timeout: 1 });
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const ask = (): Promise<string> =>
  sql.begin((tx) =>
    enqueueAsyncAction(tx, {
      projectId: project.id,
      type: CAMPAIGN_VOUCHERS_GENERATE,
      campaignId,
      request: { code_config: { pattern: 'M-########' }, own: {} },
      total: TOTAL,
    }),
  );

const nextBatch = (id: string): Promise<BulkProgress> => sql.begin(async (tx) => kind.batch(tx, (await lockAsyncAction(tx, id))!));

const books = async (id: string) => {
  const [row] = await sql`
    select status, done, (select count(*) from voucher where campaign_id = ${campaignId}) as codes,
      (select count(distinct code_key) from voucher where campaign_id = ${campaignId}) as different
    from async_action where id = ${id}`;
  return row!;
};

test('codes and how far their making is survive a crash of Postgres together, and all are there once that is said', async () => {
  const id = await ask();
  for (let batch = 0; batch < 3; batch += 1) await nextBatch(id);
  await crash();
  const left = await books(id);
  expect(left.codes).toBe(left.done);
  expect(left.done).toBeLessThan(TOTAL);

  while (!(await nextBatch(id)).finished);
  await crash();
  expect(await books(id)).toEqual({ status: 'DONE', done: TOTAL, codes: TOTAL, different: TOTAL });
}, 60_000);
