import { readFileSync } from 'node:fs';
import type { Tx } from '../../db/client.ts';
import { planDeliveries } from '../../db/delivery/deliveries.ts';
import { defaultSmtpRoute } from '../../db/delivery/destinations.ts';
import { findTemplate } from '../../db/delivery/templates.ts';
import { TRANSACTIONAL } from '../../db/delivery/suppressions.ts';
import { DomainError } from '../../domain/errors.ts';
import { publishTemplate } from '../mail/publish.ts';

/** The template's key: a project that publishes its own version under it has its own words. */
const TEMPLATE = 'endpoint-disabled';
const SOURCE = new URL(`../../templates/emails/${TEMPLATE}.mjml.hbs`, import.meta.url);

export interface DisabledEndpoint {
  projectId: string;
  endpointId: string;
  url: string;
  ownerEmail: string;
  reason: string;
  /** ISO 8601; null: at once. */
  failingSince: string | null;
}

/** Plans a mail to the owner of an endpoint that was disabled, in the transaction that disables it. A project without a mail route sends none. */
export const tellOwner = async (tx: Tx, disabled: DisabledEndpoint, now: Date): Promise<void> => {
  const { projectId, endpointId } = disabled;
  let route;
  try {
    route = await defaultSmtpRoute(tx, projectId);
  } catch (error) {
    if (error instanceof DomainError) return;
    throw error;
  }
  const template =
    (await findTemplate(tx, projectId, TEMPLATE)) ??
    (await publishTemplate(tx, projectId, TEMPLATE, readFileSync(SOURCE, 'utf8'))).template;
  const { url, reason, failingSince } = disabled;
  await planDeliveries(tx, [
    {
      projectId,
      destinationId: route.id,
      kind: 'email',
      dedupeKey: `endpoint disabled ${endpointId} ${now.toISOString()}`,
      customerId: null,
      enrolmentId: null,
      eventId: null,
      priority: 1,
      dueAt: now,
      payload: {
        to: disabled.ownerEmail,
        name: null,
        topic: TRANSACTIONAL,
        template: TEMPLATE,
        version: template.version,
        data: { data: { endpoint_id: endpointId, url, gone: reason === 'gone', failing_since: failingSince }, now: now.toISOString() },
      },
    },
  ]);
};
