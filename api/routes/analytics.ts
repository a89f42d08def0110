import type { z } from 'zod';
import { readAnalytics, readCampaignCounts } from '../../db/analytics.ts';
import { findCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import type { Sql } from '../../db/client.ts';
import { inPeriods, periodsBetween, type Figures } from '../../domain/analytics.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { csvOf } from '../../domain/csv/file.ts';
import { invalidQuery } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Answer, type Route } from '../http/route.ts';
import { analyticsQuery, analyticsSchema, campaignSummarySchema, summaryQuery } from '../schemas/analytics.ts';
import { campaignParams } from '../schemas/campaign.ts';

export interface AnalyticsRoutesDeps {
  sql: Sql;
  now: () => Date;
}

type Moment = z.output<typeof analyticsQuery>['from'];

const tag = 'Analytics';
const missing = { description: 'There is no such campaign' };
const MOST_PERIODS = 1_000;
const DEFAULT_MS = 30 * 86_400_000;

const wrong = (path: string, message: string) => invalidQuery([{ path, message }]);

/** @param days how many days after it a day counts */
const timeOf = (moment: Moment, zone: string, days: number, otherwise: Date): Date => {
  if (!moment) return otherwise;
  return 'day' in moment ? new Date(startOfDay(moment.day, zone, days)) : moment.time;
};

const sumOf = (reasons: Record<string, number>): number => Object.values(reasons).reduce((sum, count) => sum + count, 0);

const asCsv = (rows: ({ period: string } & Figures)[]): string => {
  const names = ['period', ...Object.keys(rows[0] ?? {}).filter((name) => name !== 'period')] as (keyof Figures)[];
  return csvOf([names, ...rows.map((row) => names.map((name) => row[name]))]);
};

export const createAnalyticsRoutes = ({ sql, now }: AnalyticsRoutesDeps): Route[] => {
  const known = async (projectId: string, idOrName: string): Promise<Campaign> => {
    const campaign = await findCampaign(sql, projectId, idOrName);
    if (!campaign) throw notFound('campaign', idOrName);
    return campaign;
  };

  return [
    route({
      method: 'get',
      path: '/v1/analytics',
      tag,
      summary: 'What a campaign did, by day, week or month',
      description: 'Counted from the ledger, in the time zone of the project. With format=csv the periods as a CSV file.',
      scope: 'analytics:read',
      query: analyticsQuery,
      responses: { 200: { description: 'The figures', schema: analyticsSchema, csv: true }, 404: missing },
      handler: async ({ project, query }): Promise<Answer> => {
        const { interval, format } = query;
        const zone = project.timezone;
        const campaign = query.campaign === undefined ? null : await known(project.id, query.campaign);
        const to = timeOf(query.to, zone, 1, now());
        const from = timeOf(query.from, zone, 0, new Date(to.getTime() - DEFAULT_MS));
        if (from >= to) throw wrong('to', 'must be after from');
        const begins = periodsBetween(from.toISOString(), to.toISOString(), interval, zone, MOST_PERIODS);
        if (begins === null) throw wrong('interval', `must give at most ${MOST_PERIODS} periods between from and to`);
        const asked = { projectId: project.id, campaignId: campaign?.id ?? null, travels: project.mode === 'sandbox' };
        const parts = await readAnalytics(sql, { ...asked, from, to, interval, zone });
        const { periods, totals } = inPeriods(begins, parts);
        if (format === 'csv') {
          const disposition = `attachment; filename="analytics-${interval}.csv"`;
          return {
            status: 200,
            text: asCsv(periods),
            headers: { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': disposition },
          };
        }
        return {
          status: 200,
          body: {
            object: 'analytics',
            campaign: campaign && { id: campaign.id, name: campaign.name, object: 'campaign' },
            currency: project.currency,
            timezone: zone,
            interval,
            from: from.toISOString(),
            to: to.toISOString(),
            periods,
            totals,
          },
        };
      },
    }),
    route({
      method: 'get',
      path: '/v1/campaigns/{id}/summary',
      tag,
      summary: 'What a campaign did, in one set of figures',
      scope: 'analytics:read',
      params: campaignParams,
      query: summaryQuery,
      responses: { 200: { description: 'The summary', schema: campaignSummarySchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const zone = project.timezone;
        const campaign = await known(project.id, params.id);
        const from = query.start_date === undefined ? new Date(0) : new Date(startOfDay(query.start_date, zone));
        const to = query.end_date === undefined ? new Date(now().getTime() + 1) : new Date(startOfDay(query.end_date, zone, 1));
        if (from >= to) throw wrong('end_date', 'must not be before start_date');
        const asked = {
          projectId: project.id,
          campaignId: campaign.id,
          travels: project.mode === 'sandbox',
          from,
          to,
          interval: null,
          zone,
        };
        const [parts, counts] = await Promise.all([readAnalytics(sql, asked), readCampaignCounts(sql, campaign, from, to)]);
        const { totals } = inPeriods([], parts);
        const validationsFailed = sumOf(totals.validations_failed);
        return {
          status: 200,
          body: {
            object: 'campaign_summary',
            campaign: {
              id: campaign.id,
              name: campaign.name,
              campaign_type: campaign.campaignType,
              type: campaign.type,
              object: 'campaign',
            },
            redemptions: totals.redeemed + totals.failed,
            redemptions_succeeded: totals.redeemed,
            redemptions_failed: totals.failed,
            rollbacks: totals.rolled_back,
            rollbacks_succeeded: totals.rolled_back,
            rollbacks_failed: 0,
            validations: totals.validated,
            validations_succeeded: totals.validated - validationsFailed,
            validations_failed: validationsFailed,
            orders_amount: totals.order_value,
            orders_rolledback_amount: totals.order_value_rolled_back,
            vouchers_created: counts.created,
            publications: counts.succeeded + counts.failed,
            publications_succeeded: counts.succeeded,
            publications_failed: counts.failed,
            discounted_amount: totals.discount_given,
            rolledback_discounted_amount: totals.discount_rolled_back,
            ...(campaign.campaignType === 'GIFT_VOUCHERS' && {
              created_vouchers_amount: counts.giftAmount,
              amount_redeemed: counts.credits,
              amount_rolledback: counts.returned,
            }),
          },
        };
      },
    }),
  ];
};
