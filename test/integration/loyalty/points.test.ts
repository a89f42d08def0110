import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adjustPoints, lockLoyaltyCards, requireCard, transferPoints, type ProgramCard } from '../../../activities/loyalty/card.ts';
import { changePoints, writePoints } from '../../../activities/loyalty/points.ts';
import { refundPoints } from '../../../activities/loyalty/points-refund.ts';
import { settleDuePoints } from '../../../activities/loyalty/due-points.ts';
import { createCampaign } from '../../../db/campaign/campaigns.ts';
import type { Tx } from '../../../db/client.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { findPointsTransactionsOf, listPointsTransactions } from '../../../db/loyalty/points-transactions.ts';
import { listExpiring } from '../../../db/loyalty/points-buckets.ts';
import { createVouchers, draftOfCampaign, fixedCode } from '../../../db/voucher/creation.ts';
import { voucherView } from '../../../db/voucher/changes.ts';
import { findVoucher } from '../../../db/voucher/vouchers.ts';
import type { LoyaltyCardTemplate } from '../../../domain/loyalty/card.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let shop: TestProject;
let made = 0;

beforeAll(async () => {
  database = await createDatabase();
  shop = await createProject(database.sql);
});
afterAll(() => database.drop());

const NOW = new Date('2026-01-25T10:00:00Z');
const MONTHLY: LoyaltyCardTemplate = { points: 0, expiration_rules: { period_type: 'MONTH', period_value: 1 } };

/** A card of a program of its own. */
const aCard = async (template: LoyaltyCardTemplate = MONTHLY): Promise<string> => {
  made += 1;
  const code = `CARD-${made}`;
  const { project } = shop;
  await database.sql.begin(async (tx) => {
    const campaign = await createCampaign(
      tx,
      {
        projectId: project.id,
        name: `program ${made}`,
        campaignType: 'LOYALTY_PROGRAM',
        type: 'AUTO_UPDATE',
        template: { type: 'LOYALTY_CARD', loyalty_card: template, redemption: { quantity: null } },
        startDate: null,
        expirationDate: null,
        active: true,
        category: null,
        description: null,
        metadata: {},
      },
      NOW,
    );
    await createVouchers(tx, [draftOfCampaign(campaign!)], fixedCode(code), { project, now: NOW, randomBytes });
  });
  return code;
};

const withCards = <T>(codes: string[], work: (tx: Tx, ...cards: ProgramCard[]) => Promise<T>, now = NOW) =>
  database.sql.begin(async (tx) => {
    const cards = await lockLoyaltyCards(tx, shop.project, { codes }, now);
    return work(tx, ...codes.map((code) => requireCard(cards, shop.project, { code, campaignId: null })));
  });

const adjust = (code: string, points: number, now = NOW, expires: 'PROGRAM_RULES' | 'NON_EXPIRING' | { after: string } = 'PROGRAM_RULES') =>
  withCards([code], (tx, card) => adjustPoints(tx, shop.project, card, { points, expires, sourceId: null, reason: null }, now), now);

const spend = (code: string, points: number, redemptionId: string, now = NOW) =>
  withCards(
    [code],
    async (tx, card) => {
      const change = changePoints(card, { type: 'POINTS_REDEMPTION', points, redemptionId }, now);
      if (change !== null) await writePoints(tx, shop.project.id, [card], [change], now);
      return change !== null;
    },
    now,
  );

const refund = (code: string, redemptionId: string, now = NOW) =>
  withCards(
    [code],
    async (tx, card) => {
      const [spending] = await findPointsTransactionsOf(tx, shop.project.id, [redemptionId], 'POINTS_REDEMPTION');
      await refundPoints(tx, shop.project, [{ card, spending: spending!, rollbackId: `rr_${redemptionId}`, reason: null }], now);
    },
    now,
  );

const cardOf = async (code: string) => voucherView((await findVoucher(database.sql, shop.project, code))!).loyalty_card;
const accountOf = async (code: string) => {
  const { id } = (await findVoucher(database.sql, shop.project, code))!;
  const page = { limit: 100, page: 1, descending: false };
  return (await listPointsTransactions(database.sql, shop.project.id, { voucherId: id }, page)).rows;
};
const bucketsOf = async (code: string) => {
  const { id } = (await findVoucher(database.sql, shop.project, code))!;
  const { rows } = await listExpiring(database.sql, shop.project.id, id, { limit: 100, page: 1 });
  return rows.map(({ remaining, expiresAt }) => [remaining, expiresAt?.toISOString().slice(0, 10)]);
};
/** What is left in all buckets of a card is its balance. */
const leftInBuckets = async (code: string): Promise<number> => {
  const [row] = await database.sql<{ left: number }[]>`
    select coalesce(sum(b.remaining), 0)::bigint as left from points_bucket b join voucher v on v.project_id = b.project_id and v.id = b.voucher_id
    where v.code = ${code}`;
  return row!.left;
};

describe('the points of a card', () => {
  test('are those that it is made with, then those that come and go', async () => {
    const code = await aCard({ points: 100 });
    expect(await cardOf(code)).toMatchObject({ points: 100, balance: 100, next_expiration_date: null });
    expect(await adjust(code, 50)).toMatchObject({ points: 50, total: 150, balance: 150, type: 'loyalty_card', operation_type: 'MANUAL' });
    expect(await adjust(code, -30)).toMatchObject({ points: -30, total: 150, balance: 120 });
    expect(await cardOf(code)).toMatchObject({ points: 150, balance: 120, subtracted_points: 30, expired_points: 0 });
    await expect(adjust(code, -121)).rejects.toMatchObject({ key: 'loyalty_card_points_exceeded' });
    expect(await leftInBuckets(code)).toBe(120);
  });

  test('are exact when a hundred come and go at once', async () => {
    const code = await aCard();
    await adjust(code, 1_000);
    const asked = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 7 : -60));
    const answers = await Promise.allSettled(asked.map((points) => adjust(code, points)));
    const done = asked.filter((_, index) => answers[index]!.status === 'fulfilled').reduce((sum, points) => sum + points, 0);
    expect(answers.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const card = (await cardOf(code))!;
    expect(card.balance).toBe(1_000 + done);
    expect(card.balance).toBeGreaterThanOrEqual(0);
    expect(await leftInBuckets(code)).toBe(card.balance);
    const account = await accountOf(code);
    expect(account.reduce((sum, { points }) => sum + points, 0)).toBe(card.balance);
    expect(account.every(({ balance }) => balance >= 0)).toBe(true);
  });

  test('go first that expire first, and those that never do at last', async () => {
    const code = await aCard();
    await adjust(code, 10, NOW, 'NON_EXPIRING');
    await adjust(code, 10, NOW, { after: '2026-05-01' });
    await adjust(code, 10, NOW);
    await adjust(code, 10, NOW, { after: '2026-02-01' });
    expect(await bucketsOf(code)).toEqual([
      [10, '2026-02-01'],
      [10, '2026-02-25'],
      [10, '2026-05-01'],
    ]);
    expect(await cardOf(code)).toMatchObject({ next_expiration_date: '2026-02-01T23:59:59.999Z', next_expiration_points: 10 });
    await spend(code, 15, 'r_1');
    expect(await bucketsOf(code)).toEqual([
      [5, '2026-02-25'],
      [10, '2026-05-01'],
    ]);
    await spend(code, 25, 'r_2');
    expect(await cardOf(code)).toMatchObject({ balance: 0, points: 40, next_expiration_date: null });
    expect(await spend(code, 1, 'r_3')).toBe(false);
  });

  test('come back to where they were, and those that would be gone as new ones', async () => {
    const code = await aCard();
    await adjust(code, 10, NOW, { after: '2026-02-01' });
    await adjust(code, 10, NOW, { after: '2026-05-01' });
    await spend(code, 15, 'r_back');
    const later = new Date('2026-03-10T10:00:00Z');
    await refund(code, 'r_back', later);
    expect(await bucketsOf(code)).toEqual([
      [10, '2026-04-10'],
      [10, '2026-05-01'],
    ]);
    expect(await cardOf(code)).toMatchObject({ points: 20, balance: 20 });
    expect((await accountOf(code)).at(-1)).toMatchObject({ type: 'POINTS_REFUND', points: 15, rollbackId: 'rr_r_back' });
    expect(await leftInBuckets(code)).toBe(20);
  });

  test('are gone after their last day, before anybody can spend them', async () => {
    const code = await aCard();
    await adjust(code, 10);
    await adjust(code, 5, NOW, 'NON_EXPIRING');
    expect(await spend(code, 12, 'r_late', new Date('2026-02-26T00:00:00Z'))).toBe(false);
    expect(await spend(code, 5, 'r_late', new Date('2026-02-26T00:00:00Z'))).toBe(true);
    expect(await cardOf(code)).toMatchObject({ points: 15, balance: 0, expired_points: 10 });
    expect((await accountOf(code)).map(({ type, points }) => [type, points])).toEqual([
      ['POINTS_ADDITION', 10],
      ['POINTS_ADDITION', 5],
      ['POINTS_EXPIRATION', -10],
      ['POINTS_REDEMPTION', -5],
    ]);
  });

  test('expire by themselves, once, however many look', async () => {
    const codes = [await aCard(), await aCard()];
    for (const code of codes) {
      await adjust(code, 10);
      await adjust(code, 7, NOW, { after: '2026-04-01' });
    }
    const at = new Date('2026-02-26T00:00:00Z');
    await Promise.all(Array.from({ length: 4 }, () => settleDuePoints(database.sql, at)));
    expect(await settleDuePoints(database.sql, at)).toBe(0);
    for (const code of codes) {
      expect(await cardOf(code)).toMatchObject({ points: 17, balance: 7, expired_points: 10, next_expiration_points: 7 });
      expect((await accountOf(code)).filter(({ type }) => type === 'POINTS_EXPIRATION')).toMatchObject([{ points: -10, balance: 7 }]);
    }
    const told = await database.sql<{ balance: number }[]>`
      select (data->'balance'->>'balance')::bigint as balance from event
      where type = 'voucher.loyalty_card.points_expired' and data->'voucher'->>'code' = any(${codes}::text[])`;
    expect(told.map(({ balance }) => balance)).toEqual([7, 7]);
    expect(await settleDuePoints(database.sql, new Date('2026-04-02T00:00:00Z'))).toBe(2);
  });

  test('expire by the clock of whoever has the card', async () => {
    const code = await aCard();
    await adjust(code, 10);
    const [customer] = await upsertCustomers(database.sql as unknown as Tx, shop.project.id, [{ sourceId: 'traveller' }], NOW);
    await database.sql`update voucher set holder_id = ${customer!.id} where code = ${code}`;
    expect(await settleDuePoints(database.sql, NOW)).toBe(0);
    await database.sql`update customer set clock_offset_ms = ${40 * 86_400_000} where id = ${customer!.id}`;
    expect(await settleDuePoints(database.sql, NOW)).toBe(1);
    expect(await cardOf(code)).toMatchObject({ balance: 0, expired_points: 10 });
  });

  test('go to another card, and expire as that one’s do', async () => {
    const [from, to] = [await aCard({ points: 30 }), await aCard()];
    await withCards([to, from], (tx, into, source) =>
      transferPoints(tx, shop.project, into, [{ from: source, points: 20, sourceId: 'crm-1', reason: 'gift' }], NOW),
    );
    expect(await cardOf(from)).toMatchObject({ points: 30, balance: 10, subtracted_points: 20 });
    expect(await cardOf(to)).toMatchObject({ points: 20, balance: 20 });
    expect(await bucketsOf(to)).toEqual([[20, '2026-02-25']]);
    const [out] = await accountOf(from);
    expect(await accountOf(to)).toMatchObject([
      { type: 'POINTS_TRANSFER_IN', points: 20, relatedId: out!.id, sourceId: 'crm-1', reason: 'gift' },
    ]);
  });
});
