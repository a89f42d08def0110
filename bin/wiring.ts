import { randomBytes } from 'node:crypto';
import type { ReadinessCheck } from '../api/routes/health.ts';
import { createBulkActivities, type BulkActivities } from '../activities/bulk/bulk-activities.ts';
import type { Checkout } from '../activities/checkout/checkout.ts';
import { createDeliveryActivities, type DeliveryActivities } from '../activities/delivery/deliveries.ts';
import { createMailTransport } from '../activities/delivery/mail.ts';
import { createPoster } from '../activities/delivery/post.ts';
import { createSmtpPools } from '../activities/delivery/smtp.ts';
import { createSvixTransport } from '../activities/delivery/svix/transport.ts';
import { createWebhookTransport } from '../activities/delivery/webhook.ts';
import { createWebhookMails } from '../activities/delivery/webhook-mail.ts';
import { createEarnPoints } from '../activities/loyalty/earning/earn-points.ts';
import { createJourneyActivities, type JourneyActivities } from '../activities/journey/activities.ts';
import { createMailRenderer } from '../activities/mail/render.ts';
import { createRedemptionActivities } from '../activities/redemption/redemption.ts';
import { createRefereeRewards } from '../activities/referral/referee-rewards.ts';
import { createTraceBuffer } from '../activities/checkout/validation-traces.ts';
import { createValidationActivities } from '../activities/checkout/validation.ts';
import { createVoucherStates } from '../activities/checkout/voucher-states.ts';
import { createWatchActivities, type WatchActivities } from '../activities/watch.ts';
import { createJourneyVersions } from '../db/journey/versions.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { createAutoRedemptions } from '../relay/auto-redemptions.ts';
import { createRelay, type Relay } from '../relay/relay.ts';
import { createFanOut } from '../relay/fan-out.ts';
import { createRouteEvents } from '../relay/route-events.ts';
import { createSegmentChanges } from '../relay/segment-changes.ts';
import { createTierChanges } from '../relay/tier-changes.ts';
import type { Configuration, ServiceConfiguration } from './configuration.ts';
import type { Core } from './core.ts';
import { linksOf } from './link-keys.ts';

const ASK_TEMPORAL_MS = 1500;

/** Something that was put together, with what it needs to be closed. */
export interface Wired {
  close: () => Promise<void>;
}

/** What every process must have to do its job. */
export const checksOf = ({ sql }: Core): Record<string, ReadinessCheck> => ({
  postgres: () => sql`select 1`,
  migrations: async () => {
    const pending = await pendingMigrations(sql);
    if (pending.length > 0) throw new Error(`${pending.length} not applied, from ${pending[0]}: run \`couponry migrate\``);
  },
});

/** Validation and redemption in this process: for the API, and for the worker that runs them for Temporal. */
export const wireCheckout = ({ sql, now, log }: Core) => {
  const states = createVoucherStates();
  const traces = createTraceBuffer({ sql, log });
  const activities = {
    ...createValidationActivities({ sql, states, traces, now }),
    ...createRedemptionActivities({ sql, states, traces, now, randomBytes }),
  };
  return { activities, states, close: () => traces.close() };
};

export const wireJourneys = ({ sql, now }: Core): { activities: JourneyActivities & BulkActivities } => ({
  activities: {
    ...createJourneyActivities({ sql, versions: createJourneyVersions(), now, randomBytes }),
    ...createBulkActivities({ sql, now, randomBytes }),
  },
});

export const addressesOf = ({ webhookNets, webhookPorts }: ServiceConfiguration) => ({ nets: webhookNets ?? [], ports: webhookPorts });

export const wireDeliveries = (
  { sql, box, now }: Core,
  configuration: ServiceConfiguration,
  { redeem }: Pick<Checkout, 'redeem'>,
): Wired & { activities: DeliveryActivities & WatchActivities } => {
  const renderer = createMailRenderer();
  const pools = createSmtpPools();
  const smtp = createMailTransport({ sql, renderer, pools, links: linksOf(configuration), smtpUrl: configuration.smtpUrl, now });
  const poster = createPoster({ policy: addressesOf(configuration) });
  const mails = createWebhookMails({ sql, renderer, links: linksOf(configuration), now });
  const svix = configuration.svix && { svix: createSvixTransport({ sql, box, now, server: configuration.svix }) };
  const webhook = createWebhookTransport({ sql, box, poster, mails, now });
  return {
    activities: {
      ...createDeliveryActivities({ sql, transports: { smtp, webhook, ...svix }, now, random: Math.random }),
      ...createWatchActivities({ sql, now, redeem, randomBytes, random: Math.random }),
    },
    close: async () => {
      poster.close();
      pools.close();
      await renderer.close();
    },
  };
};

export const wireRelay = (core: Core, { svix }: Pick<Configuration, 'svix'>): Relay =>
  createRelay({
    ...core,
    routes: [
      createSegmentChanges(core),
      createTierChanges(core),
      createRouteEvents({ ...core, versions: createJourneyVersions() }),
      createRefereeRewards({ ...core, randomBytes, random: Math.random }),
      createEarnPoints({ ...core, randomBytes }),
      createAutoRedemptions(),
      createFanOut({ ...core, svix: svix !== null }),
    ],
  });

/** Whether Temporal answers now. */
export const temporalCheck = ({ client }: Core): ReadinessCheck => {
  const ask = () => client.workflowService.getSystemInfo({});
  return () => client.connection.withDeadline(Date.now() + ASK_TEMPORAL_MS, ask);
};
