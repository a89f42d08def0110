import { VoucherifyServerSide } from '@voucherify/sdk';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Relay } from '../../relay/relay.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { workOn } from '../harness/bulk.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { createTestRelay, until } from '../harness/relay.ts';
import { connectTemporal, temporalAddress, type TestTemporal } from '../harness/temporal.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let folder: string;
let call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  call = api.as(shop);
  folder = mkdtempSync(path.join(tmpdir(), 'couponry-imports-'));
});

afterAll(async () => {
  await api.stop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** Sends a file as it is. */
const upload = (address: string, file: string | Buffer, headers: Record<string, string> = {}): Promise<Reply> =>
  api.send(address, {
    method: 'POST',
    headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'text/csv', ...headers },
    body: typeof file === 'string' ? file : new Uint8Array(file),
  });

const work = (actionId: string): Promise<void> => workOn(database.sql, actionId);

const actionOf = async (id: string) => (await call('GET', `/v1/async-actions/${id}`)).body;
const errorsOf = async (id: string, query = '') => (await call('GET', `/v1/async-actions/${id}/errors${query}`)).body;

/** Imports a file that is taken. @returns the action when it has ended */
const imported = async (address: string, file: string | Buffer) => {
  const { status, body } = await upload(address, file);
  expect({ status, body }).toEqual({ status: 202, body: { async_action_id: expect.stringMatching(/^aa_/) } });
  await work(body.async_action_id);
  return actionOf(body.async_action_id);
};

const codesLike = async (pattern: string): Promise<number> => {
  const [row] = await database.sql<{ count: number }[]>`select count(*) from voucher where code like ${pattern}`;
  return row!.count;
};

describe('metadata of many vouchers', () => {
  test('is merged into what each has, and a code that does not exist is told', async () => {
    for (const code of ['META-1', 'META-2'])
      await call('POST', `/v1/vouchers/${code}`, { discount: { type: 'AMOUNT', amount_off: 100 }, metadata: { shop: 'Bern', floor: 1 } });
    const own = await call('POST', '/v1/vouchers/bulk/async', [
      { code: 'META-1', metadata: { shop: 'Basel' } },
      { code: 'meta-2', metadata: { floor: null } },
      { code: 'META-9', metadata: { shop: 'Genf' } },
      { code: 'META-1', active: false, metadata: {} },
    ]);
    expect(own.body).toEqual({ async_action_id: expect.stringMatching(/^aa_/) });
    await workOn(database.sql, own.body.async_action_id);
    expect((await errorsOf(own.body.async_action_id)).errors).toMatchObject([
      { line: 3, errors: [{ path: 'code', message: 'there is no voucher META-9' }] },
      { line: 4, errors: [{ path: 'active' }] },
    ]);
    const metadataOf = async (code: string) => (await call('GET', `/v1/vouchers/${code}`)).body.metadata;
    expect(await metadataOf('META-1')).toEqual({ shop: 'Basel', floor: 1 });
    expect(await metadataOf('META-2')).toEqual({ shop: 'Bern' });

    const alike = await call('POST', '/v1/vouchers/metadata/async', {
      codes: ['META-1', 'META-2', 'META-1'],
      metadata: { season: 'spring' },
    });
    await workOn(database.sql, alike.body.async_action_id);
    expect((await call('GET', `/v1/async-actions/${alike.body.async_action_id}`)).body).toMatchObject({
      type: 'VOUCHERS_BULK_UPDATE',
      status: 'DONE',
      result: { done_count: 2 },
    });
    expect(await metadataOf('META-1')).toEqual({ shop: 'Basel', floor: 1, season: 'spring' });
    expect(await metadataOf('META-2')).toEqual({ shop: 'Bern', season: 'spring' });
  });
});

describe('vouchers from a CSV file', () => {
  test('are imported, and every row that is wrong is told with its line', async () => {
    await call('POST', '/v1/vouchers/TAKEN', { discount: { type: 'AMOUNT', amount_off: 100 } });
    const file = [
      'Code,Voucher Type,Value,Discount Type,Category,Start Date,Expiration Date,Redemption Limit,Active,Additional Info,Shop',
      'CSV-1,DISCOUNT_VOUCHER,20,PERCENT,spring,2026-01-01,2030-01-01T10:00:00Z,1,true,"two\r\nlines, and a ""quote""",Köln',
      'CSV-2,,500,AMOUNT,,,,,false,,',
      'CSV-3,,120,PERCENT,,2026-02-01,2026-01-01,x,,,',
      'TAKEN,,5,AMOUNT,,,,,,,',
      '',
      'CSV-2,,5,AMOUNT,,,,,,,',
      'CSV-4,,5',
      ',,5,AMOUNT,,,,,,,',
      'CSV-5,,5,AMOUNT,,,,3,,,',
    ].join('\r\n');
    const action = await imported('/v1/vouchers/importCSV', file);
    expect(action).toMatchObject({
      type: 'VOUCHERS_IMPORT',
      status: 'DONE',
      progress: { done: 8, total: 8 },
      result: { done_count: 3, failed_count: 5 },
    });
    const { errors, total } = await errorsOf(action.id);
    expect(total).toBe(5);
    expect(errors.map(({ line }: { line: number }) => line)).toEqual([5, 6, 8, 9, 10]);
    expect(errors[0].errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      'discount.percent_off',
      'expiration_date',
      'redemption.quantity',
    ]);
    expect(errors[1].errors[0].message).toContain('TAKEN exists already');
    expect(errors[2].errors[0].message).toContain('CSV-2 exists already, or comes earlier');
    expect(errors[3].errors[0].message).toBe('has 3 cells, and the first line names 11 columns');
    expect(errors[4].errors).toEqual([{ path: 'code', message: 'must be given' }]);
    expect((await errorsOf(action.id, '?limit=2&starting_after=5')).errors).toMatchObject([{ line: 6 }, { line: 8 }]);

    const { body: first } = await call('GET', '/v1/vouchers/CSV-1');
    expect(first).toMatchObject({
      discount: { type: 'PERCENT', percent_off: 20 },
      category: 'spring',
      start_date: '2026-01-01T00:00:00.000Z',
      expiration_date: '2030-01-01T10:00:00.000Z',
      redemption: { quantity: 1 },
      additional_info: 'two\r\nlines, and a "quote"',
      metadata: { Shop: 'Köln' },
    });
    expect((await call('GET', '/v1/vouchers/CSV-2')).body).toMatchObject({ active: false, discount: { amount_off: 500 } });
  });

  test.each<[string, Buffer, string]>([
    ['UTF-8 with a byte order mark and semicolons', Buffer.from('\uFEFFcode;value;town\r\nENC-1;5;Zürich\r\n'), ''],
    ['UTF-16', Buffer.from('\uFEFFcode\tvalue\ttown\nENC-1\t5\tZürich\n', 'utf16le'), ''],
    ['windows-1252, where it is named', Buffer.from('code,value,town\rENC-1,5,Zürich\r', 'latin1'), '?encoding=windows-1252'],
  ])('may be %s', async (_what, file, query) => {
    await database.sql`delete from voucher where code = 'ENC-1'`;
    expect(await imported(`/v1/vouchers/importCSV${query}`, file)).toMatchObject({ result: { done_count: 1 } });
    expect((await call('GET', '/v1/vouchers/ENC-1')).body).toMatchObject({ metadata: { town: 'Zürich' } });
  });

  test.each<[string, string | Buffer, string]>([
    ['is empty', '', 'must have rows'],
    ['has a header alone', 'code,value\n', 'must have rows'],
    ['is not UTF-8', Buffer.from('code,town\nX,Zürich\n', 'latin1'), 'must be utf-8'],
    ['has a quote that does not end', 'code,value\nBAD-1,1\n"BAD-2,2\n', 'line 3'],
    ['has a column twice', 'code,Value,value\nBAD-1,1,2\n', 'value comes twice'],
    ['has a column without a name', 'code,,value\nBAD-1,1,2\n', 'column 2 has no name'],
  ])('that %s is refused as a whole', async (_what, file, message) => {
    const { status, body } = await upload('/v1/vouchers/importCSV', file);
    expect({ status, path: body.errors?.[0].path }).toEqual({ status: 400, path: 'file' });
    expect(body.errors[0].message).toContain(message);
    expect(await codesLike('BAD-%')).toBe(0);
  });

  test('are all imported or none, where that is asked for', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => `ALL-${index},5`);
    const format = await imported('/v1/vouchers/importCSV?all_or_nothing=true', ['code,value', ...rows, 'ALL-X,-5'].join('\n'));
    expect(format).toMatchObject({
      status: 'FAILED',
      result: { done_count: 0, failed_count: 1, message: expect.stringContaining('1 of 1201') },
    });
    const taken = await imported('/v1/vouchers/importCSV?all_or_nothing=true', ['code,value', ...rows, 'TAKEN,5', 'ALL-7,5'].join('\n'));
    expect(taken).toMatchObject({ status: 'FAILED', result: { done_count: 0, failed_count: 2 } });
    expect((await errorsOf(taken.id)).errors.map(({ line }: { line: number }) => line)).toEqual([1_202, 1_203]);
    expect(await codesLike('ALL-%')).toBe(0);
    expect(await imported('/v1/vouchers/importCSV?all_or_nothing=true', ['code,value', ...rows].join('\n'))).toMatchObject({
      status: 'DONE',
    });
    expect(await codesLike('ALL-%')).toBe(1_200);
    const [left] = await database.sql`select count(*) from import_batch`;
    expect(left).toEqual({ count: 0 });
  });

  test('once for an Idempotency-Key, though the form around them differs each time', async () => {
    const send = (code: string) => {
      const form = new FormData();
      form.append('file', new Blob([`code,value\n${code},5\n`], { type: 'text/csv' }), 'codes.csv');
      return api.send('/v1/vouchers/importCSV', {
        method: 'POST',
        headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Idempotency-Key': 'upload-1' },
        body: form,
      });
    };
    const [first, again, other] = [await send('IDEM-1'), await send('IDEM-1'), await send('IDEM-2')];
    expect(first.status).toBe(202);
    expect(again.body).toEqual(first.body);
    expect(other).toMatchObject({ status: 422, body: { key: 'idempotency_key_reused' } });
  });

  test('in another form are refused before anything is read', async () => {
    expect((await upload('/v1/vouchers/importCSV', '{}', { 'Content-Type': 'application/json' })).status).toBe(415);
    const boundary = { 'Content-Type': 'multipart/form-data; boundary=x' };
    for (const [headers, body] of [
      [{ 'Content-Type': 'multipart/form-data' }, 'x'],
      [boundary, '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--x--\r\n'],
      [boundary, '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ncode,value'],
      [boundary, 'nothing'],
    ] as const)
      expect(await upload('/v1/vouchers/importCSV', body, headers)).toMatchObject({ status: 400, body: { errors: [{ path: 'file' }] } });
  });
});

describe('the official SDK', () => {
  const client = () => VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  const fileOf = (text: string): string => {
    const file = path.join(folder, `${randomBytes(6).toString('hex')}.csv`);
    writeFileSync(file, text);
    return file;
  };
  const done = async ({ async_action_id: id }: { async_action_id: string }) => {
    await work(id);
    return actionOf(id);
  };

  test('imports vouchers and codes of a campaign, from files and from lists', async () => {
    const sdk = client();
    const file = fileOf('Code,Value,Discount Type\nSDK-1,10,PERCENT\n');
    expect(await done((await sdk.vouchers.importCSV(file)) as never)).toMatchObject({ result: { done_count: 1 } });
    const list = [
      { code: 'SDK-2', discount: { type: 'AMOUNT', amount_off: 100 }, redemption: { quantity: 1 } },
      { code: 'SDK-3', discount: { type: 'AMOUNT', amount_off: -1 } },
    ];
    const action = await done(await sdk.vouchers.import(list as never));
    expect(action).toMatchObject({ result: { done_count: 1, failed_count: 1 } });
    expect((await errorsOf(action.id)).errors).toMatchObject([{ line: 2, errors: [{ path: 'discount.amount_off' }] }]);

    await sdk.campaigns.create({
      name: 'Print',
      type: 'STATIC',
      campaign_type: 'DISCOUNT_COUPONS',
      voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'PERCENT', percent_off: 15 }, redemption: { quantity: 1 } } as never,
    } as never);
    await done(await sdk.campaigns.importVouchersCSV('Print', fileOf('code,redemption_quantity,shop\nPRINT-1,3,a\nPRINT-2,,\n')));
    await done(await sdk.campaigns.importVouchers('Print', [{ code: 'PRINT-3', metadata: { n: 1 } }] as never));
    const { vouchers } = (await call('GET', '/v1/vouchers?campaign=Print&order=code')).body;
    expect(vouchers).toMatchObject([
      { code: 'PRINT-1', redemption: { quantity: 3 }, discount: { percent_off: 15 }, metadata: { shop: 'a' } },
      { code: 'PRINT-2', redemption: { quantity: 1 } },
      { code: 'PRINT-3', metadata: { n: 1 } },
    ]);
    expect((await upload('/v1/campaigns/Nothing/importCSV', 'code\nA\n')).status).toBe(404);
  });

  test('imports customers, and changes those that are known', async () => {
    const sdk = client();
    await sdk.customers.create({ source_id: 'known', name: 'Before', email: 'known@example.com' });
    const file = fileOf(
      'Name,Source_id,Email,Address_City,tier\nAfter,known,,Bern,gold\nAda,new,ada@example.com,,\nNobody,,x@example.com,,\nEve,eve,no mail,,\n',
    );
    const action = await done(await sdk.customers.importCSV(file));
    expect(action).toMatchObject({ type: 'CUSTOMERS_IMPORT', result: { done_count: 2, failed_count: 2 } });
    expect((await errorsOf(action.id)).errors).toMatchObject([
      { line: 4, errors: [{ path: 'source_id' }] },
      { line: 5, errors: [{ path: 'email' }] },
    ]);
    expect(await sdk.customers.get('known')).toMatchObject({
      name: 'After',
      email: 'known@example.com',
      address: { city: 'Bern' },
      metadata: { tier: 'gold' },
    });
  });
});

describe('with a worker that dies', () => {
  const WORKER = fileURLToPath(new URL('../harness/bulk-worker.ts', import.meta.url));
  const workers: ChildProcess[] = [];
  let temporal: TestTemporal;
  let relay: Relay;

  const startWorker = async (): Promise<ChildProcess> => {
    const args = [WORKER, database.url, temporalAddress(), temporal.taskQueues.journeys, '500'];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    workers.push(worker);
    await once(worker.stdout, 'data');
    return worker;
  };
  const kill = async (worker: ChildProcess): Promise<void> => {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    worker.kill('SIGKILL');
    await once(worker, 'exit');
  };

  beforeAll(async () => {
    temporal = await connectTemporal();
    relay = createTestRelay({ sql: database.sql, client: temporal.client, taskQueues: temporal.taskQueues, routes: [async () => {}] });
  });
  afterAll(async () => {
    await relay.stop();
    for (const worker of workers) await kill(worker);
    await temporal.close();
  });

  test('no row is imported twice, and none is left out', async () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => `KILL-${index},${index % 100 === 99 ? -1 : 5}`);
    const { body } = await upload('/v1/vouchers/importCSV', ['code,value', ...rows].join('\n'));
    relay.start();
    const first = await startWorker();
    await until('some are imported', async () => (await codesLike('KILL-%')) >= 500);
    await kill(first);
    expect((await actionOf(body.async_action_id)).status).toBe('IN_PROGRESS');
    await startWorker();
    await until('all are imported', async () => (await actionOf(body.async_action_id)).status === 'DONE', 60_000);
    expect(await actionOf(body.async_action_id)).toMatchObject({ result: { done_count: 29_700, failed_count: 300 } });
    expect(await codesLike('KILL-%')).toBe(29_700);
  }, 180_000);
});
